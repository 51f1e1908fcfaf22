import type { Kind, KindName } from '../kind.ts';
import { buildings } from './buildings.ts';
import { gateways } from './gateways.ts';
import { institutions } from './institutions.ts';
import { meters } from './meters.ts';
import { utilityAccounts } from './utility-accounts.ts';

export const KIND_OF: Readonly<Record<KindName, Kind>> = {
  institutions,
  buildings,
  gateways,
  'utility-accounts': utilityAccounts,
  meters,
};
