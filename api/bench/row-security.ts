import { type Claims, claimingPool, type Db } from '@ganzhi/schemas/db';
import { countInstitutions, listInstitutions } from '../src/modules/institutions/sql.ts';
import { countMeters, listMeters } from '../src/modules/meters/sql.ts';

const ROUNDS = 60;

export interface Cost {
  list: string;
  withoutMs: number;
  withMs: number;
  percent: number;
}

/**
 * What the policies cost on registry lists: the same statements for somebody who sees the whole city by his role, with row
 * security as it is and with it taken off the registry. Both see the same rows, alternately measured, medians compared.
 *
 * @param owner takes the policies off and puts them back
 */
export async function rowSecurityCost(api: Db, owner: Db, userId: number): Promise<Cost[]> {
  const claims: Claims = { userId, permission: 'data.read', atMs: Date.now(), wholeCity: true };
  const db = claimingPool(api, () => claims);
  const now = Date.now();
  const lists: Record<string, () => Promise<unknown>> = {
    institutions: () => listInstitutions(db, {}, { sort: 'code', limit: 50 }, now),
    'institutions, searched': () => listInstitutions(db, { search: '机构19' }, { sort: 'code', limit: 50 }, now),
    'institutions, counted': () => countInstitutions(db, {}),
    meters: () => listMeters(db, {}, { limit: 100 }, now),
    'meters, counted': () => countMeters(db, {}),
  };
  const costs: Cost[] = [];
  for (const [list, run] of Object.entries(lists)) {
    const times = { on: [] as number[], off: [] as number[] };
    for (let round = 0; round < 4; round += 1) {
      for (const state of ['on', 'off'] as const) {
        await switched(owner, state === 'on');
        await run();
        for (let i = 0; i < ROUNDS / 4; i += 1) {
          const startedAt = performance.now();
          await run();
          times[state].push(performance.now() - startedAt);
        }
      }
    }
    const [withMs, withoutMs] = [median(times.on), median(times.off)];
    costs.push({ list, withoutMs, withMs, percent: (withMs / withoutMs - 1) * 100 });
  }
  await switched(owner, true);
  return costs;
}

async function switched(owner: Db, on: boolean): Promise<void> {
  for (const table of ['institution', 'meter', 'gateway']) {
    await owner.query(`alter table registry.${table} ${on ? 'enable' : 'disable'} row level security`);
  }
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
