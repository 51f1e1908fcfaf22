import { type CataloguedTemplate, type Medium, quantityByCode, TEMPLATE_CATALOGUE } from '@ganzhi/schemas';
import type { BothLanguages } from '../../errors/refuse.ts';
import { parseConnection } from './connection-text.ts';

/**
 * A meter as people keep it: what belongs to it by code, never by number, so that a change reads well and a file can name
 * what it brings itself. `null` is "none".
 */
export interface MeterRecord {
  code: string;
  nameZh: string;
  nameEn: string;
  institutionCode: string;
  medium: Medium;
  role: 'main' | 'sub';
  parentCode: string | null;
  gatewayCode: string | null;
  itemCode: string | null;
  template: string;
  /** Quantity codes in the order of `quantities.ts`, parted by `;`. */
  quantities: string;
  intervalS: number;
  ct: number;
  pt: number;
  buildingCode: string | null;
  accountNo: string | null;
  /** As `connectionText` writes it. */
  connection: string | null;
}

/** What the rules ask about everything that a meter names; undefined: not there, or not for the caller to see. */
export interface MeterFacts {
  institution(code: string): { open: boolean } | undefined;
  gateway(code: string): { dialect: string; retired: boolean } | undefined;
  meter(code: string): { medium: string; parentCode: string | null; retired: boolean } | undefined;
  building(institutionCode: string, code: string): boolean;
  /** What the accounts of this number are for; null: none of the media that meters measure. */
  accounts(accountNo: string): readonly (string | null)[];
  /** Of a meter that is registered: quantities of which readings are stored, and those below it. */
  stored(code: string): readonly string[];
  /** Whether its place is kept by date. */
  dated(code: string): boolean;
  children(code: string): readonly { code: string; medium: string }[];
}

export interface MeterFault extends BothLanguages {
  field: keyof MeterRecord;
}

/** Meter codes travel in messages and formulas: letters, digits, dot, dash, underscore. */
export const METER_CODE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const TEMPLATE_ID = /^[a-z0-9]+(-[a-z0-9]+)+$/;
/** A chain of sub meters is shorter than this; a longer one runs in a circle. */
const MOST_LEVELS = 50;

const fault = (field: keyof MeterRecord, zh: string, en: string): MeterFault => ({ field, zh, en });

/** Codes of quantities, put in order; or what is wrong with them. */
export function orderedQuantities(codes: readonly string[]): string | BothLanguages {
  const known = codes.map((code) => ({ code, id: quantityByCode(code)?.id }));
  const [unknown] = known.filter(({ id }) => id === undefined);
  if (unknown) {
    return { zh: `没有采集量 ${unknown.code}。`, en: `There is no quantity ${unknown.code}.` };
  }
  const sorted = known.sort((a, b) => (a.id ?? 0) - (b.id ?? 0)).map(({ code }) => code);
  return [...new Set(sorted)].join(';');
}

export const quantitiesOf = (text: string): string[] => text.split(';').filter(Boolean);

/**
 * Everything that is wrong with a meter, field by field.
 *
 * @param before as it is registered; undefined: it is new
 */
export function meterFaults(after: MeterRecord, before: MeterRecord | undefined, facts: MeterFacts): MeterFault[] {
  return [
    ...placeFaults(after, before, facts),
    ...(hangsAsBefore(after, before) ? [] : parentFaults(after, facts)),
    ...templateFaults(after, facts),
    ...ratioFaults(after, before),
    ...(before ? changeFaults(after, before, facts) : []),
  ];
}

function placeFaults(after: MeterRecord, before: MeterRecord | undefined, facts: MeterFacts): MeterFault[] {
  const faults: MeterFault[] = [];
  const { institutionCode, gatewayCode, buildingCode, accountNo, medium } = after;
  const moved = before?.institutionCode !== institutionCode;
  const institution = facts.institution(institutionCode);
  if (!institution) {
    const zh = `没有机构 ${institutionCode}，或不在您的范围内。`;
    faults.push(fault('institutionCode', zh, `There is no institution ${institutionCode} in your scope.`));
  } else if (moved && !institution.open) {
    const zh = `机构 ${institutionCode} 已停用，不能再登记表计。`;
    faults.push(fault('institutionCode', zh, `Institution ${institutionCode} is closed; no meter is entered for it.`));
  }
  if (gatewayCode !== null && before?.gatewayCode !== gatewayCode) {
    const gateway = facts.gateway(gatewayCode);
    if (!gateway) {
      const zh = `没有网关 ${gatewayCode}，请先登记网关。`;
      faults.push(fault('gatewayCode', zh, `There is no gateway ${gatewayCode}; register it first.`));
    } else if (gateway.retired) {
      faults.push(fault('gatewayCode', `网关 ${gatewayCode} 已停用。`, `Gateway ${gatewayCode} is retired.`));
    }
  }
  if (buildingCode !== null && (moved || before?.buildingCode !== buildingCode)) {
    if (!facts.building(institutionCode, buildingCode)) {
      const zh = `机构 ${institutionCode} 没有建筑 ${buildingCode}。`;
      faults.push(fault('buildingCode', zh, `Institution ${institutionCode} has no building ${buildingCode}.`));
    }
  }
  if (accountNo !== null && (before?.accountNo !== accountNo || before.medium !== medium)) {
    const media = facts.accounts(accountNo);
    if (media.length === 0) {
      faults.push(
        fault('accountNo', `没有户号 ${accountNo}，请先登记。`, `There is no account ${accountNo}; register it first.`),
      );
    } else if (!media.includes(medium)) {
      const zh = `户号 ${accountNo} 的能源品种与表计介质不符。`;
      faults.push(fault('accountNo', zh, `Account ${accountNo} is for another carrier than the meter's medium.`));
    }
  }
  return faults;
}

/** A parent that the caller may not see stays where it is. */
const hangsAsBefore = (after: MeterRecord, before: MeterRecord | undefined): boolean =>
  before !== undefined &&
  before.parentCode === after.parentCode &&
  before.role === after.role &&
  before.medium === after.medium;

function parentFaults({ code, role, parentCode, medium }: MeterRecord, facts: MeterFacts): MeterFault[] {
  if (parentCode === null) {
    if (role === 'main') return [];
    return [
      fault(
        'parentCode',
        '分表须填上级表计编号；总表请把角色改为总表。',
        'A sub meter needs its parent; a meter without one is a main meter.',
      ),
    ];
  }
  if (role === 'main') {
    return [
      fault(
        'role',
        '总表没有上级表计，请清空上级表计或改为分表。',
        'A main meter has no parent; clear the parent or make it a sub meter.',
      ),
    ];
  }
  const parent = facts.meter(parentCode);
  if (!parent) return [fault('parentCode', `没有表计 ${parentCode}。`, `There is no meter ${parentCode}.`)];
  if (parent.retired) return [fault('parentCode', `表计 ${parentCode} 已拆除。`, `Meter ${parentCode} is retired.`)];
  if (parent.medium !== medium) {
    return [
      fault('parentCode', `上级表计 ${parentCode} 的介质不同。`, `The parent ${parentCode} is of another medium.`),
    ];
  }
  let above: string | null = parentCode;
  for (let level = 0; above !== null; level += 1) {
    if (above === code || level > MOST_LEVELS) {
      return [
        fault(
          'parentCode',
          `上级关系成环：${parentCode} 在 ${code} 之下。`,
          `A circle: ${parentCode} stands below ${code}.`,
        ),
      ];
    }
    above = facts.meter(above)?.parentCode ?? null;
  }
  return [];
}

function templateFaults(
  { template, medium, quantities, gatewayCode, connection }: MeterRecord,
  facts: MeterFacts,
): MeterFault[] {
  const faults: MeterFault[] = [];
  const known = TEMPLATE_CATALOGUE[template];
  const wanted = quantitiesOf(quantities);
  if (!known && !TEMPLATE_ID.test(template)) {
    faults.push(
      fault(
        'template',
        '模板须写作“厂家-型号”小写，如 acrel-adw300。',
        'Write a template as vendor-model in lower case, like acrel-adw300.',
      ),
    );
  } else if (!known && gatewayCode !== null && facts.gateway(gatewayCode)?.dialect === 'native') {
    const zh = `没有模板 ${template}，本系统网关只认：${Object.keys(TEMPLATE_CATALOGUE).join('、')}。`;
    faults.push(
      fault(
        'template',
        zh,
        `There is no template ${template}; our gateways know ${Object.keys(TEMPLATE_CATALOGUE).join(', ')}.`,
      ),
    );
  }
  if (wanted.length === 0) {
    faults.push(fault('quantities', '至少填一个采集量。', 'Name one quantity at least.'));
  }
  const missing = known ? wanted.filter((code) => !known.quantities.includes(code)) : [];
  if (missing.length > 0) {
    faults.push(
      fault(
        'quantities',
        `模板 ${template} 没有 ${missing.join('、')}。`,
        `Template ${template} has no ${missing.join(', ')}.`,
      ),
    );
  }
  const foreign = wanted.filter((code) => ![medium, 'environment'].includes(quantityByCode(code)?.medium ?? ''));
  if (foreign.length > 0) {
    const zh = `${foreign.join('、')} 不属于此介质，请改介质或采集量。`;
    faults.push(
      fault('quantities', zh, `${foreign.join(', ')} is not of this medium; change the medium or the quantities.`),
    );
  }
  const spoken = connection === null ? undefined : parseConnection(connection);
  if (spoken && 'zh' in spoken) faults.push(fault('connection', spoken.zh, spoken.en));
  else if (spoken && known && !SPEAKS[known.protocol].includes(spoken.protocol)) {
    const zh = `模板 ${template} 的协议是 ${SPEAKS[known.protocol].join('、')}。`;
    faults.push(fault('connection', zh, `Template ${template} speaks ${SPEAKS[known.protocol].join(', ')}.`));
  }
  return faults;
}

const SPEAKS: Readonly<Record<CataloguedTemplate['protocol'], readonly string[]>> = {
  modbus: ['modbus-tcp', 'modbus-rtu'],
  opcua: ['opcua'],
  dlt645: ['dlt645'],
  cjt188: ['cjt188'],
};

function ratioFaults({ ct, pt, template, medium }: MeterRecord, before: MeterRecord | undefined): MeterFault[] {
  if (before && (before.ct !== ct || before.pt !== pt)) {
    const field = before.ct === ct ? 'pt' : 'ct';
    return [
      fault(
        field,
        '变比须经双人复核更改（台账更正），不能在此修改。',
        'Ratios are changed by two persons (ledger edits), not here.',
      ),
    ];
  }
  if (before || (ct === 1 && pt === 1)) return [];
  if (medium !== 'electricity') {
    return [
      fault(ct === 1 ? 'pt' : 'ct', '只有电表有变比，请填 1。', 'Only electricity meters have a ratio; write 1.'),
    ];
  }
  if (!TEMPLATE_CATALOGUE[template]?.ratioInMeter) return [];
  return [
    fault(
      ct === 1 ? 'pt' : 'ct',
      `${template} 的读数已含变比，请填 1。`,
      `Registers of ${template} contain the ratio; write 1.`,
    ),
  ];
}

/** What readings that are stored already mean must not change under them. */
function changeFaults(after: MeterRecord, before: MeterRecord, facts: MeterFacts): MeterFault[] {
  const faults: MeterFault[] = [];
  const stored = facts.stored(after.code);
  const dropped = stored.filter((code) => !quantitiesOf(after.quantities).includes(code));
  if (dropped.length > 0) {
    const zh = `${dropped.join('、')} 已有读数，不能删除。`;
    faults.push(fault('quantities', zh, `${dropped.join(', ')} has readings and cannot be taken away.`));
  }
  if (stored.length > 0 && after.medium !== before.medium) {
    faults.push(fault('medium', '该表已有读数，介质不能更改。', 'The meter has readings; its medium stays.'));
  }
  if (stored.length > 0 && after.institutionCode !== before.institutionCode) {
    const zh = '该表已有读数，不能改属机构；请停用此表并以新编号登记。';
    faults.push(
      fault(
        'institutionCode',
        zh,
        'The meter has readings and stays with its institution; retire it and register a new code.',
      ),
    );
  }
  if ((stored.length > 0 || facts.dated(after.code)) && !hangsAsBefore({ ...after, medium: before.medium }, before)) {
    const field = after.parentCode === before.parentCode ? 'role' : 'parentCode';
    const zh = '该表已有读数，角色与上级须按生效日期登记（POST /meters/{id}/facts），以免改变历史。';
    const en =
      'The meter has readings: role and parent are changed from a day on (POST /meters/{id}/facts), so that the past stays.';
    faults.push(fault(field, zh, en));
  }
  const other = facts.children(after.code).filter(({ medium }) => medium !== after.medium);
  if (after.medium !== before.medium && other.length > 0) {
    const names = other.map(({ code }) => code).join('、');
    faults.push(
      fault('medium', `下级表计 ${names} 的介质不同。`, `The meters below it (${names}) are of another medium.`),
    );
  }
  return faults;
}
