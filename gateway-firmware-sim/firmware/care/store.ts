import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';

/** Small documents that survive kill -9 and power cuts: each is replaced as a whole or not at all. */
export interface CareStore {
  /** The document, or undefined when there is none or what is there is not one. */
  read<T>(name: string, shape: z.ZodType<T>): T | undefined;
  /** On the disk when it returns. */
  write(name: string, value: unknown): void;
  readBytes(name: string): Buffer | undefined;
  writeBytes(name: string, bytes: Uint8Array): void;
}

/** @param folder made with its parents when missing, for its owner only: credentials lie in it */
export function openCareStore(folder: string): CareStore {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const writeBytes = (name: string, bytes: Uint8Array) => {
    const target = join(folder, name);
    const draft = `${target}.new`;
    const file = openSync(draft, 'w', 0o600);
    try {
      let at = 0;
      while (at < bytes.length) at += writeSync(file, bytes, at);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(draft, target);
    syncFolder(folder);
  };
  const readBytes = (name: string): Buffer | undefined => {
    try {
      return readFileSync(join(folder, name));
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw cause;
    }
  };
  return {
    readBytes,
    writeBytes,
    read(name, shape) {
      const bytes = readBytes(`${name}.json`);
      if (!bytes) return undefined;
      try {
        return shape.safeParse(JSON.parse(bytes.toString('utf8'))).data;
      } catch {
        return undefined;
      }
    },
    write: (name, value) => writeBytes(`${name}.json`, Buffer.from(JSON.stringify(value))),
  };
}

/** The new name is durable only when its folder is. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
