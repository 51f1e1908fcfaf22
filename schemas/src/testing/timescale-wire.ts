/**
 * PostgreSQL's wire protocol, as far as a server in front of one WebAssembly session needs it. Pure.
 * Source: PostgreSQL documentation, "Message Formats".
 */

const SSL_REQUEST = 80_877_103;
const STARTUP = 196_608;

export type Opening = { kind: 'ssl' | 'startup' | 'other'; length: number };

/** What the first packet of a connection asks for; undefined while it is incomplete. */
export function openingOf(bytes: Buffer): Opening | undefined {
  if (bytes.length < 8 || bytes.length < bytes.readInt32BE(0)) return undefined;
  const code = bytes.readInt32BE(4);
  return {
    kind: code === SSL_REQUEST ? 'ssl' : code === STARTUP ? 'startup' : 'other',
    length: bytes.readInt32BE(0),
  };
}

const message = (type: string, body: Buffer): Buffer => {
  const head = Buffer.alloc(5);
  head.write(type, 0, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};
const setting = (name: string, value: string): Buffer => message('S', Buffer.from(`${name}\0${value}\0`));

/** Welcome: no password, the settings that drivers look at, ready. */
export const welcome = (serverVersion: string): Buffer =>
  Buffer.concat([
    message('R', Buffer.alloc(4)),
    setting('server_version', serverVersion),
    setting('client_encoding', 'UTF8'),
    setting('DateStyle', 'ISO, MDY'),
    setting('TimeZone', 'UTC'),
    setting('integer_datetimes', 'on'),
    setting('standard_conforming_strings', 'on'),
    message('K', Buffer.alloc(8)),
    message('Z', Buffer.from('I')),
  ]);

/** Length of the whole messages at the head of the bytes, up to the one that asks for an answer; undefined while it is missing. */
export function groupLength(bytes: Buffer): number | undefined {
  for (let at = 0; at + 5 <= bytes.length; ) {
    const end = at + 1 + bytes.readInt32BE(at + 1);
    if (end > bytes.length) return undefined;
    if ('QSX'.includes(String.fromCharCode(bytes[at] ?? 0))) return end;
    at = end;
  }
  return undefined;
}

/** Prepared statements belong to a connection, and here all connections share one session: their names get a prefix. */
export function withPrefix(group: Buffer, prefix: string): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < group.length; ) {
    const end = at + 1 + group.readInt32BE(at + 1);
    const type = String.fromCharCode(group[at] ?? 0);
    const body = group.subarray(at + 5, end);
    const nameAt = nameStart(type, body);
    if (nameAt === undefined || body[nameAt] === 0) parts.push(group.subarray(at, end));
    else
      parts.push(message(type, Buffer.concat([body.subarray(0, nameAt), Buffer.from(prefix), body.subarray(nameAt)])));
    at = end;
  }
  return Buffer.concat(parts);
}

/** Where the name of a prepared statement stands in a message; undefined when it has none. */
function nameStart(type: string, body: Buffer): number | undefined {
  if (type === 'P') return 0;
  if (type === 'B') return body.indexOf(0) + 1;
  if ((type === 'D' || type === 'C') && body[0] === 'S'.charCodeAt(0)) return 1;
  return undefined;
}

/** True when the answer ends outside a transaction (ReadyForQuery, idle). */
export const endsIdle = (answer: Uint8Array): boolean =>
  answer.at(-6) === 'Z'.charCodeAt(0) && answer.at(-1) === 'I'.charCodeAt(0);
