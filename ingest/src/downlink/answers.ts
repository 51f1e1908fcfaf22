import { type CareKind, CommandAnswer, ConfigurationReport, FirmwareReport, RotationResult } from '@ganzhi/schemas';
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

export interface Kept {
  understood: boolean;
  admits: boolean;
}

const NOT_UNDERSTOOD: Kept = { understood: false, admits: false };

/**
 * Keeps what a gateway answers to an order.
 *
 * @returns whether it could be parsed, and whether a credential may have been admitted by it
 * @throws what the database throws: the gateway must not be told that it is kept, and says it again
 */
export async function keepAnswer(
  { db, clock, metrics }: AnswerKeeper,
  kind: CareKind,
  gateway: GatewayEntry,
  payload: Buffer,
): Promise<Kept> {
  const json = parseJson(payload);
  const now = clock.now();
  if (kind === 'cmd') {
    const answer = CommandAnswer.safeParse(json);
    if (!answer.success) return NOT_UNDERSTOOD;
    const known = await answerCommand(db, gateway.id, answer.data, now);
    metrics.answers.inc({ kind, result: known ? answer.data.state : 'unasked' });
    return { understood: true, admits: RotationResult.safeParse(answer.data.result).success };
  }
  const report = (kind === 'config' ? ConfigurationReport : FirmwareReport).safeParse(json);
  if (!report.success) return NOT_UNDERSTOOD;
  metrics.answers.inc({ kind, result: report.data.state });
  if ('rollout' in report.data) await keepFirmwareReport(db, gateway.id, report.data, now);
  else await keepConfigurationReport(db, gateway.id, report.data, now);
  return { understood: true, admits: false };
}

function parseJson(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'));
  } catch {
    return undefined;
  }
}
