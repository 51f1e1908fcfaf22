import { parentPort, workerData } from 'node:worker_threads';
import { GanzhiError } from '@ganzhi/schemas';
import { Refusal } from '../../errors/refuse.ts';
import { readSheets } from './read.ts';
import type { FromWorker, ToWorker } from './read-apart.ts';

/** Reads one file and ends. */
const { bytes, format } = workerData as ToWorker;
const answer = await readSheets(Buffer.from(bytes), format).then(
  (sheets): FromWorker => ({ sheets }),
  (error: unknown): FromWorker => {
    if (error instanceof Refusal && error instanceof GanzhiError) {
      return { refused: { code: error.code, zh: error.detailZh, en: error.message } };
    }
    throw error;
  },
);
parentPort?.postMessage(answer);
