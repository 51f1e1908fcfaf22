import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RegistryEvent } from '@ganzhi/gateway-firmware-sim/city';
import { openDatabase } from '@ganzhi/schemas/db';
import { testDatabase } from '@ganzhi/schemas/testing';
import { expect, test } from 'vitest';
import { enterRecords } from '../src/city/records.ts';
import { registerCensus } from '../src/city/seed.ts';

const AT = Date.parse('2026-05-18T18:00:00+08:00');

test('announced changes stand in the registry, entered once: transformers as dated ratios, meters with both registers', async () => {
  const database = await testDatabase();
  const { url } = database;
  const dataDir = mkdtempSync(join(tmpdir(), 'ganzhi-records-'));
  try {
    const { census } = await registerCensus({ url, dataDir, seed: 1, sites: 1 });
    const meter = census.meters.find(({ template, ct }) => template === 'acrel-dtsd1352' && ct > 1);
    const code = meter?.code ?? '';
    const water = census.meters.find(({ medium }) => medium === 'water')?.code ?? '';
    const events: RegistryEvent[] = [
      { event: 'ratio', fault: 'F1', meter: code, at: AT, ct: 50, pt: 1 },
      { event: 'ratio', fault: 'F1', meter: code, at: AT + 3_600_000, ct: meter?.ct ?? 0, pt: 1 },
      {
        event: 'replacement',
        fault: 'F2',
        meter: water,
        at: AT,
        lastRegister: 123_456,
        firstRegister: 350,
      },
    ];
    await enterRecords(url, events);
    await enterRecords(url, events);
    const db = await openDatabase({ url, role: 'ganzhi_owner', max: 1 });
    const { rows } = await db.query<{ at: number; ct: number }>(
      `select r.valid_from as at, r.ct from registry.meter_ratio r join registry.meter m on m.id = r.meter_id
       where m.code = $1 order by r.valid_from`,
      [code],
    );
    const { rows: replaced } = await db.query<{ medium: string; at: number; closing: bigint; opening: bigint }>(
      `select m.medium, r.at, r.closing, r.opening from registry.meter_replacement r
       join registry.meter m on m.id = r.meter_id join registry.quantity q on q.id = r.point
       where m.code = $1 and q.code = 'water.volume'`,
      [water],
    );
    await db.end();
    expect(replaced).toEqual([{ medium: 'water', at: AT, closing: 123_456n, opening: 350n }]);
    expect(rows.map(({ ct }) => ct)).toEqual([meter?.ct, 50, meter?.ct]);
    expect(rows.slice(1).map(({ at }) => at)).toEqual([AT, AT + 3_600_000]);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
    await database.drop();
  }
});
