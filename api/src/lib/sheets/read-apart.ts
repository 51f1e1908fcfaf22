import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { ErrorCode } from '@ganzhi/schemas';
import { Refusal } from '../../errors/refuse.ts';
import { type Sheet, type SheetFormat, unreadable } from './sheet.ts';

export interface ToWorker {
  bytes: Uint8Array;
  format: SheetFormat;
}
export type FromWorker = { sheets: Sheet[] } | { refused: { code: ErrorCode; zh: string; en: string } };

const LIMIT_MS = 120_000;
const HEAP_MB = 1_500;

/**
 * `readSheets` in a thread of its own: a workbook of a whole city takes seconds of processor time, during which everybody
 * else is answered, and its memory goes with the thread. Bounded in time and memory.
 *
 * @throws Refusal `invalid-request` or `too-large`, saying what to do
 */
export async function readSheetsApart(bytes: Buffer, format: SheetFormat): Promise<Sheet[]> {
  const data: ToWorker = { bytes: new Uint8Array(bytes), format };
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: data,
    transferList: [data.bytes.buffer as ArrayBuffer],
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    // what the thread inherits otherwise is a test runner's
    execArgv: [],
  });
  try {
    const [answer] = (await once(worker, 'message', { signal: AbortSignal.timeout(LIMIT_MS) })) as [FromWorker];
    if ('sheets' in answer) return answer.sheets;
    const { code, zh, en } = answer.refused;
    throw new Refusal(code, { zh, en });
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const reason = (error as { code?: string }).code;
    if (reason !== 'ERR_WORKER_OUT_OF_MEMORY' && reason !== 'ABORT_ERR') throw error;
    throw unreadable('文件过于复杂，请分批导入。', 'The file is too much to read; import it in parts.');
  } finally {
    await worker.terminate();
  }
}
