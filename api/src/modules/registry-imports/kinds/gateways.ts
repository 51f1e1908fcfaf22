import { GATEWAY_CODE } from '@ganzhi/schemas';
import {
  GATEWAY_DIALECTS,
  type GatewayDialect,
  gatewayRecordsAfter,
  gatewaysWithData,
  insertGateways,
  lockedGateways,
  removeGateways,
  type StoredGateway,
  updateGateways,
} from '../../gateways/record.ts';
import { code } from '../cells.ts';
import type { Current, Fault, Kind, Planned, Values } from '../kind.ts';
import { institutionCode, knownInstitutions, nameEn, nameZh, unknownInstitution } from './fields.ts';

const DIALECT_NAMES: Readonly<Record<GatewayDialect, { zh: string; en: string }>> = {
  native: { zh: '本系统', en: 'Ganzhi' },
  neuron: { zh: 'EMQX Neuron', en: 'EMQX Neuron' },
  thingsboard: { zh: 'ThingsBoard', en: 'ThingsBoard' },
  sparkplug: { zh: 'Sparkplug B', en: 'Sparkplug B' },
  ministry: { zh: '部颁XML采集器', en: 'Ministry XML collector' },
};

const valuesOf = ({
  code: its,
  institutionCode: institution,
  nameZh: zh,
  nameEn: en,
  dialect,
}: StoredGateway): Values => ({
  code: its,
  institutionCode: institution,
  nameZh: zh,
  nameEn: en,
  dialect,
});

const recordOf = ({ after }: Planned) => ({
  code: String(after.code),
  institutionCode: String(after.institutionCode),
  nameZh: String(after.nameZh),
  nameEn: String(after.nameEn),
  dialect: GATEWAY_DIALECTS.find((dialect) => dialect === after.dialect) ?? 'native',
});

export const gateways: Kind = {
  name: 'gateways',
  sheet: { zh: '网关', en: 'Gateways' },
  key: ['code'],
  permission: 'fleet.manage',
  fields: [
    {
      name: 'code',
      zh: '网关编号',
      en: 'Gateway',
      help: {
        zh: '全市唯一，3 至 64 位字母、数字、连字符。',
        en: 'Once in the city: 3 to 64 letters, digits, hyphens.',
      },
      required: true,
      read: code(
        GATEWAY_CODE,
        '网关编号为 3 至 64 位字母、数字或连字符。',
        'A gateway code has 3 to 64 letters, digits or hyphens.',
      ),
      width: 18,
      example: 'GW-0001',
    },
    institutionCode,
    { ...nameZh, example: '一号楼网关' },
    { ...nameEn, example: 'Gateway, building 1' },
    {
      name: 'dialect',
      zh: '协议',
      en: 'Dialect',
      help: { zh: '网关讲什么协议；不填为“本系统”。', en: 'What it speaks; empty: our own.' },
      initial: 'native',
      choices: () => GATEWAY_DIALECTS.map((its) => ({ code: its, ...DIALECT_NAMES[its] })),
      width: 16,
      example: '本系统',
    },
  ],
  current: async (tx, keys) => {
    const stored = await lockedGateways(tx, keys);
    return new Map([...stored].map(([key, row]): [string, Current] => [key, { ...row, values: valuesOf(row) }]));
  },
  faults: async (tx, planned, plan) => {
    const known = await knownInstitutions(
      tx,
      planned.map(({ after }) => String(after.institutionCode)),
      plan,
    );
    const stored = await lockedGateways(
      tx,
      planned.map(({ key }) => key),
    );
    return planned.map(({ key, after }) => {
      const faults: Fault[] = [];
      const institution = String(after.institutionCode);
      if (!known.has(institution)) faults.push(unknownInstitution(institution));
      if (stored.get(key)?.retiredAt) {
        faults.push({
          field: 'code',
          zh: `网关 ${key} 已停用，不能再修改。`,
          en: `Gateway ${key} is retired and changes no more.`,
        });
      }
      return faults;
    });
  },
  create: (tx, planned) => insertGateways(tx, planned.map(recordOf)),
  update: (tx, planned) =>
    updateGateways(
      tx,
      planned.map((one) => ({ ...recordOf(one), id: one.current?.id ?? 0 })),
    ),
  inUse: gatewaysWithData,
  remove: removeGateways,
  page: async (db, afterKey, limit) => (await gatewayRecordsAfter(db, afterKey, limit)).map(valuesOf),
};
