import { type CareKind, CommandAnswer, ConfigurationReport, FirmwareReport } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import type { Clock } from '../clock.ts';
import type { Metrics } from '../metrics.ts';
import type { GatewayEntry } from '../registry/load.ts';
import { answerCommand } from './commands.ts';
import { keepConfigurationReport } from './configurations.ts';
import { keepFirmwareReport } from './firmware.ts';

export interface AnswerKeeper {
  db: Db;
  clock: Clock;
  metrics: Metrics;
}

/**
 * Keeps what a gateway answers to an order.
 *
 * @returns false when it cannot be parsed
 * @throws what the database throws: the gateway must not be told that it is kept, and says it again
 */
export async function keepAnswer(
  { db, clock, metrics }: AnswerKeeper,
  kind: CareKind,
  gateway: GatewayEntry,
  payload: Buffer,
): Promise<boolean> {
  const json = parseJson(payload);
  const now = clock.now();
  if (kind === 'cmd') {
    const answer = CommandAnswer.safeParse(json);
    if (!answer.success) return false;
    const known = await answerCommand(db, gateway.id, answer.data, now);
    metrics.answers.inc({ kind, result: known ? answer.data.state : 'unasked' });
    return true;
  }
  const report = (kind === 'config' ? ConfigurationReport : FirmwareReport).safeParse(json);
  if (!report.success) return false;
  metrics.answers.inc({ kind, result: report.data.state });
  if ('rollout' in report.data) await keepFirmwareReport(db, gateway.id, report.data, now);
  else await keepConfigurationReport(db, gateway.id, report.data, now);
  return true;
}

function parseJson(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'));
  } catch {
    return undefined;
  }
}
