import { CommandAnswer, type CommandBody, type ErrorCode, GanzhiError, GatewayCommand } from '@ganzhi/schemas';
import { z } from 'zod';
import type { CareStore } from './store.ts';

/** What a command can do to the gateway. Each gives what the answer's `result` shall say, or throws. */
export type Execute = (body: CommandBody) => Promise<Record<string, unknown>>;

export interface CommandDeskOptions {
  store: CareStore;
  /** The gateway's wall clock, epoch milliseconds. */
  now: () => number;
  execute: Execute;
  /** Sends an answer up; called again for a command that comes again. */
  answer: (answer: CommandAnswer) => void;
}

/** Takes `down/cmd`. Resolves when the answer was given; never rejects. */
export interface CommandDesk {
  take(payload: Buffer): Promise<void>;
}

/** Answers remembered, so that a command that is sent again is answered again and not obeyed again. */
const REMEMBERED = 200;
/** Ids first, on disk before anything is done: a command that kills the process is not obeyed a second time. */
const Stored = z.array(z.object({ id: z.string(), answer: CommandAnswer.optional() }));
const NAME = 'commands';

export function createCommandDesk({ store, now, execute, answer }: CommandDeskOptions): CommandDesk {
  let known = store.read(NAME, Stored) ?? [];
  const running = new Set<string>();
  const keep = (id: string, given?: CommandAnswer) => {
    known = [...known.filter((entry) => entry.id !== id), { id, ...(given ? { answer: given } : {}) }].slice(
      -REMEMBERED,
    );
    store.write(NAME, known);
  };
  const failed = (id: string, code: ErrorCode, message: string): CommandAnswer => ({
    v: 1,
    id,
    at: now(),
    state: 'failed',
    result: {},
    error: { code, message: message.slice(0, 2_000) },
  });
  const obey = async ({ id, body }: GatewayCommand): Promise<CommandAnswer> => {
    try {
      return { v: 1, id, at: now(), state: 'done', result: await execute(body) };
    } catch (error) {
      const code = error instanceof GanzhiError ? error.code : 'command-failed';
      return failed(id, code, error instanceof Error ? error.message : String(error));
    }
  };

  return {
    async take(payload) {
      const json = parseJson(payload);
      const command = GatewayCommand.safeParse(json);
      if (!command.success) {
        const id = z.object({ id: z.uuid() }).safeParse(json).data?.id;
        if (id) answer(failed(id, 'command-unknown', 'This firmware does not know the command or its parameters.'));
        return;
      }
      const { id, expiresAt, sentAt } = command.data;
      if (running.has(id)) return;
      const before = known.find((entry) => entry.id === id);
      if (before) {
        answer(before.answer ?? failed(id, 'command-failed', 'The gateway was interrupted while it obeyed.'));
        return;
      }
      // by the server's clock both times, so a gateway whose clock is wrong obeys as well
      if (sentAt >= expiresAt) {
        answer(failed(id, 'command-expired', 'The command came after its deadline.'));
        return;
      }
      running.add(id);
      keep(id);
      const given = await obey(command.data);
      keep(id, given);
      running.delete(id);
      answer(given);
    },
  };
}

function parseJson(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'));
  } catch {
    return undefined;
  }
}
