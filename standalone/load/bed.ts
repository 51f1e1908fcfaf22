import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { quantityByCode } from '@ganzhi/schemas';
import { type Db, migrate, openDatabase, startEmbedded } from '@ganzhi/schemas/db';

export interface Bed {
  owner: Db;
  urlFor(role: 'ganzhi_ingest'): string;
  codes: readonly string[];
}

export const tokenOf = (code: string): string => `token-of-${code}`;
export const meterOf = (code: string): string => `M-${code}`;

/** An embedded database of its own with so many gateways, a meter each; gone afterwards, whatever happens. */
export async function withBed<T>(gateways: number, work: (bed: Bed) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'ganzhi-load-'));
  // the database's user must be able to enter it
  chmodSync(folder, 0o755);
  try {
    const database = await startEmbedded({ dataDir: folder });
    try {
      await migrate(database.adminUrl);
      const owner = await openDatabase({ url: database.adminUrl, role: 'ganzhi_owner' });
      try {
        const codes = Array.from({ length: gateways }, (_, k) => `GW-${10_000 + k}`);
        await register(owner, codes);
        return await work({ owner, urlFor: (role) => database.urlFor(role), codes });
      } finally {
        await owner.end();
      }
    } finally {
      await database.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function register(owner: Db, codes: readonly string[]): Promise<void> {
  await owner.query(
    "insert into registry.division (code, name_zh, name_en, sort_order) values ('320412', '武进区', 'Wujin', 5) on conflict do nothing",
  );
  await owner.query("insert into registry.institution_type values ('office', '机关', 'Office') on conflict do nothing");
  await owner.query(
    `insert into registry.institution (code, name_zh, name_en, type_code, division_code, area_m2, headcount)
     values ('CZ-0001', '测试机关', 'Test office', 'office', '320412', 3000, 100)`,
  );
  await owner.query(
    `insert into registry.gateway (code, institution_id, name_zh, name_en, token_sha256)
     select g.code, i.id, '网关', 'Gateway', g.token from unnest($1::text[], $2::bytea[]) as g(code, token), registry.institution i`,
    [codes, codes.map((code) => createHash('sha256').update(tokenOf(code)).digest())],
  );
  await owner.query(
    `insert into registry.meter (code, institution_id, gateway_id, name_zh, name_en, medium, role, template, interval_s)
     select 'M-' || code, institution_id, id, '表', 'Meter', 'electricity', 'main', 'eastron-sdm630', 60 from registry.gateway`,
  );
  await owner.query('insert into registry.meter_ratio (meter_id, ct) select id, 1 from registry.meter');
  await owner.query('insert into registry.point (meter_id, point, decimals) select id, $1, 2 from registry.meter', [
    quantityByCode('energy.import')?.id,
  ]);
}
