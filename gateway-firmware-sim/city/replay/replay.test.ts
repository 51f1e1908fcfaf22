import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HOUR, MINUTE } from '@ganzhi/schemas';
import pino from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AckBroker, startAckBroker } from '../../testing/ack-broker.ts';
import { pollTimes } from './polls.ts';
import { replayCsv } from './replay.ts';
import type { Series } from './series.ts';

const T0 = Date.parse('2026-03-01T00:00:00Z');
let folder: string;
let broker: AckBroker;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ganzhi-replay-'));
  broker = await startAckBroker();
});
afterEach(async () => {
  await broker.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Two days of half-hours with a hole of three hours. */
function twoDays(): Series {
  const rows = Array.from({ length: 96 }, (_, i) => ({
    start: T0 + i * 30 * MINUTE,
    kwh: Math.round(Math.abs(Math.sin(i)) * 1_000) / 1_000,
  }));
  return { rows: rows.filter((_, i) => i < 40 || i >= 46), rejected: [], intervalMs: 30 * MINUTE };
}
const replay = (series: Series, template: string) =>
  replayCsv({
    series,
    template,
    meterCode: 'R1',
    gatewayCode: 'GW-R1',
    token: 'x',
    mqttUrl: broker.url,
    dataDir: folder,
    logger: pino({ level: 'silent' }),
  });

test.each(['eastron-sdm630', 'acrel-dtsd1352', 'schneider-iem3000'])(
  'what goes into an %s comes out at the broker',
  async (template) => {
    const series = twoDays();
    const { readingsSent, truth } = await replay(series, template);
    const readings = broker.batches.flatMap((batch) => batch.readings);
    expect(readings.map(({ t }) => t)).toEqual(pollTimes(series));
    expect(readingsSent).toBe(readings.length);
    const register = new Map(readings.map(({ t, x }) => [t, Number(x)]));
    for (const [hour, { kwh, full }] of truth) {
      if (!full) continue;
      const moved = (register.get(hour + HOUR) ?? 0) - (register.get(hour) ?? 0);
      expect(Math.abs(moved - kwh)).toBeLessThanOrEqual(0.0101);
    }
    const meta = broker.seen.find(({ topic }) => topic.endsWith('/meta'));
    expect(JSON.parse(meta?.payload ?? '{}')).toMatchObject({ simulatedTime: true });
  },
);

test('only a Modbus template can be replayed', async () => {
  await expect(replay(twoDays(), 'opcfoundation-ecm')).rejects.toMatchObject({ code: 'config-invalid' });
});
