import type { Command } from '../command.ts';
import { analytics } from './analytics.ts';
import { api } from './api.ts';
import { audit } from './audit.ts';
import { check } from './check.ts';
import { collector } from './collector.ts';
import { doctor } from './doctor.ts';
import { exportQuota } from './export.ts';
import { frame } from './frame.ts';
import { gateway } from './gateway.ts';
import { importRegistry } from './import.ts';
import { ingest } from './ingest.ts';
import { meter } from './meter.ts';
import { migrateDatabase } from './migrate.ts';
import { replay } from './replay.ts';
import { score } from './score.ts';
import { simulate } from './simulate.ts';
import { start } from './start.ts';
import { storage } from './storage.ts';
import { token } from './token.ts';
import { user } from './user.ts';
import { vee } from './vee.ts';

/** Every command, in the order of `ganzhi --help`. Each file imports its service only when it runs. */
export const COMMANDS: readonly Command[] = [
  start,
  migrateDatabase,
  ingest,
  analytics,
  api,
  gateway,
  simulate,
  replay,
  exportQuota,
  importRegistry,
  user,
  token,
  audit,
  check,
  score,
  vee,
  storage,
  frame,
  meter,
  collector,
  doctor,
];

export const findCommand = (name: string): Command | undefined => COMMANDS.find((command) => command.name === name);
