import { MEDIA, type Medium, TEMPLATE_CATALOGUE } from '@ganzhi/schemas';
import { connectionText, parseConnection } from '../../meters/connection-text.ts';
import { meterFacts } from '../../meters/facts.ts';
import { METER_CODE, type MeterRecord, meterFaults, orderedQuantities } from '../../meters/record.ts';
import {
  insertMeters,
  levelsOf,
  lockedMeters,
  meterRecordsAfter,
  metersWithData,
  removeMeters,
  updateMeters,
} from '../../meters/record-sql.ts';
import { code, whole, words } from '../cells.ts';
import {
  type Current,
  changedFields,
  type Fault,
  type Field,
  type Kind,
  type Planned,
  type PlanSoFar,
  type Values,
} from '../kind.ts';
import { institutionCode, nameEn, nameZh } from './fields.ts';

const MEDIUM_NAMES: Readonly<Record<Medium, { zh: string; en: string }>> = {
  electricity: { zh: '电', en: 'Electricity' },
  water: { zh: '水', en: 'Water' },
  gas: { zh: '燃气', en: 'Gas' },
  heat: { zh: '热力', en: 'Heat' },
  environment: { zh: '环境', en: 'Environment' },
};

const reference = (name: string, zh: string, en: string, what: { zh: string; en: string }, example = ''): Field => ({
  name,
  zh,
  en,
  help: what,
  clearable: true,
  read: words(64),
  width: 16,
  example,
});

const fields: readonly Field[] = [
  {
    name: 'code',
    zh: '表计编号',
    en: 'Meter',
    help: { zh: '全市唯一，字母、数字、点、连字符。', en: 'Once in the city: letters, digits, dots, hyphens.' },
    required: true,
    read: code(
      METER_CODE,
      '表计编号为 1 至 64 位字母、数字、点或连字符。',
      'A meter code has 1 to 64 letters, digits, dots or hyphens.',
    ),
    width: 18,
    example: 'M-0001',
  },
  nameZh,
  nameEn,
  institutionCode,
  {
    name: 'medium',
    zh: '介质',
    en: 'Medium',
    help: { zh: '从下拉列表选择。', en: 'Choose from the list.' },
    required: true,
    choices: () => MEDIA.map((medium) => ({ code: medium, ...MEDIUM_NAMES[medium] })),
    example: '电',
  },
  {
    name: 'role',
    zh: '角色',
    en: 'Role',
    help: {
      zh: '总表计入机构合计；分表须填上级表计。不填为总表。',
      en: 'Main meters add up to the institution; a sub meter needs its parent. Empty: main.',
    },
    initial: 'main',
    choices: () => [
      { code: 'main', zh: '总表', en: 'Main' },
      { code: 'sub', zh: '分表', en: 'Sub' },
    ],
    example: '总表',
  },
  reference('parentCode', '上级表计', 'Parent', {
    zh: '分表的上级表计编号，可在同一文件中。',
    en: 'Code of the meter above a sub meter; it may be in the same file.',
  }),
  reference(
    'gatewayCode',
    '网关编号',
    'Gateway',
    { zh: '由哪台网关采集，可在同一文件中。', en: 'The gateway that reads it; it may be in the same file.' },
    'GW-0001',
  ),
  reference('itemCode', '分项编码', 'Item', { zh: '分项能耗编码。', en: 'Code of the item of use.' }),
  {
    name: 'template',
    zh: '型号模板',
    en: 'Template',
    help: { zh: '表计型号模板，从下拉列表选择。', en: 'Template of the model; choose from the list.' },
    required: true,
    read: words(64),
    width: 24,
    example: 'acrel-adw300',
  },
  {
    name: 'quantities',
    zh: '采集量',
    en: 'Quantities',
    help: {
      zh: '以分号分隔，如 energy.import;power；不填为模板全部。',
      en: 'Parted by semicolons, like energy.import;power; empty: all of the template.',
    },
    read: (text) => orderedQuantities(text.split(/[;；,，、\s]+/).filter(Boolean)),
    width: 28,
    example: 'energy.import;power',
  },
  {
    name: 'intervalS',
    zh: '采集间隔（秒）',
    en: 'Interval (s)',
    help: { zh: '多久应有一个值；不填为 900。', en: 'How often a value is expected; empty: 900.' },
    initial: 900,
    read: whole(1, 86_400),
    example: '900',
  },
  ...(['ct', 'pt'] as const).map(
    (name): Field => ({
      name,
      zh: `${name.toUpperCase()}变比`,
      en: `${name.toUpperCase()} ratio`,
      help: {
        zh: '仅登记时填写，不填为 1；之后经双人复核更改。',
        en: 'When registered only, empty: 1; changed later by two persons.',
      },
      initial: 1,
      read: whole(1, 1_000_000),
      width: 10,
      example: '1',
    }),
  ),
  reference('buildingCode', '建筑编码', 'Building', {
    zh: '所在建筑，可在同一文件中。',
    en: 'Where it stands; it may be in the same file.',
  }),
  reference('accountNo', '户号', 'Account number', {
    zh: '结算此表的户号，可在同一文件中。',
    en: 'The account it is billed by; it may be in the same file.',
  }),
  {
    name: 'connection',
    zh: '连接参数',
    en: 'Connection',
    help: { zh: '如 modbus-tcp host=10.1.2.3 port=502 unit=5。', en: 'Like modbus-tcp host=10.1.2.3 port=502 unit=5.' },
    clearable: true,
    read: (text) => {
      const connection = parseConnection(text);
      return 'zh' in connection ? connection : connectionText(connection);
    },
    width: 40,
    example: 'modbus-tcp host=10.1.2.3 port=502 unit=5',
  },
];

/** Every field of a record stands in `fields`, so the values of a plan are one. */
const recordOf = ({ after }: Pick<Planned, 'after'>): MeterRecord => after as unknown as MeterRecord;

function complete(values: Values): Values {
  if (values.quantities !== null) return values;
  const all = orderedQuantities(TEMPLATE_CATALOGUE[String(values.template)]?.quantities ?? []);
  return { ...values, quantities: typeof all === 'string' ? all : '' };
}

const valuesOf = (record: MeterRecord): Values =>
  Object.fromEntries(fields.map(({ name }) => [name, record[name as keyof MeterRecord]]));

export const meters: Kind = {
  name: 'meters',
  sheet: { zh: '表计', en: 'Meters' },
  key: ['code'],
  fields,
  complete,
  ordered: (planned) => {
    const lineOf = new Map(planned.map((one) => [one.key, one]));
    return levelsOf(planned.map(recordOf)).flatMap((level) => level.flatMap(({ code: its }) => lineOf.get(its) ?? []));
  },
  current: async (tx, keys) => {
    const stored = await lockedMeters(tx, keys);
    return new Map(
      [...stored].map(([key, { id, institutionId, record }]): [string, Current] => [
        key,
        { id, institutionId, values: valuesOf(record) },
      ]),
    );
  },
  faults: async (tx, planned, plan) => {
    const records = planned.map(recordOf);
    const facts = await meterFacts(tx, records, newcomers(plan));
    const retired = await lockedMeters(
      tx,
      planned.flatMap(({ current, key }) => (current ? [key] : [])),
    );
    return planned.map(({ key, current }, i): Fault[] => {
      const record = records[i];
      if (!record) return [];
      if (retired.get(key)?.retiredAt) {
        return [
          {
            field: 'code',
            zh: `表计 ${key} 已停用，只保留历史。`,
            en: `Meter ${key} is retired: its history is kept.`,
          },
        ];
      }
      return meterFaults(record, current && recordOf({ after: current.values }), facts);
    });
  },
  create: (tx, planned) => insertMeters(tx, planned.map(recordOf)),
  update: (tx, planned) =>
    updateMeters(
      tx,
      planned.map((one) => ({
        id: one.current?.id ?? 0,
        after: recordOf(one),
        changed: new Set(changedFields(meters, one.current?.values ?? {}, one.after)) as ReadonlySet<keyof MeterRecord>,
      })),
    ),
  inUse: metersWithData,
  remove: removeMeters,
  page: async (db, afterKey, limit) => (await meterRecordsAfter(db, afterKey, limit)).map(valuesOf),
};

function newcomers(plan: PlanSoFar) {
  const of = (name: 'institutions' | 'gateways' | 'buildings' | 'utility-accounts') => plan.get(name) ?? [];
  const carriers: Readonly<Record<string, string>> = {
    electricity: 'electricity',
    water: 'water',
    heat: 'heat',
    'natural-gas': 'gas',
  };
  const created = of('utility-accounts').filter(({ action }) => action === 'create');
  return {
    institutions: new Map(of('institutions').map(({ key }) => [key, { open: true }])),
    gateways: new Map(
      of('gateways').map(({ key, after }) => [key, { dialect: String(after.dialect), retired: false }]),
    ),
    buildings: new Set(of('buildings').map(({ key }) => key)),
    accounts: new Map(
      [...Map.groupBy(created, ({ after }) => String(after.accountNo))].map(([no, lines]) => [
        no,
        lines.map(({ after }) => carriers[String(after.carrier)] ?? null),
      ]),
    ),
  };
}
