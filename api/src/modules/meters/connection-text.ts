import { Connection } from '@ganzhi/schemas';
import type { BothLanguages } from '../../errors/refuse.ts';

/**
 * How a meter is reached, as one line that a person can write into a cell: the protocol, then `name=value` parted by spaces;
 * a name inside `line` is written `line.host`. What is left out has its usual value.
 *
 *     modbus-tcp host=10.1.2.3 port=502 unit=5
 *     dlt645 line.kind=tcp line.host=10.1.2.4 line.port=8001 address=000000000012
 */
const NUMBERS = new Set(['port', 'unit', 'timeoutMs', 'pauseMs', 'baudRate', 'dataBits', 'stopBits', 'wakeBytes']);

/** @returns the connection, or what is wrong with the text */
export function parseConnection(text: string): Connection | BothLanguages {
  const [protocol, ...parts] = text.trim().split(/\s+/);
  const flat = parts.map((part): readonly [string, string] => {
    const at = part.indexOf('=');
    return at < 0 ? [part, ''] : [part.slice(0, at), part.slice(at + 1)];
  });
  const line = flat.flatMap(([name, value]) => (name.startsWith('line.') ? [typed(name.slice(5), value)] : []));
  const own = flat.flatMap(([name, value]) => (name.startsWith('line.') ? [] : [typed(name, value)]));
  const parsed = Connection.safeParse({
    ...Object.fromEntries(own),
    ...(line.length > 0 ? { line: Object.fromEntries(line) } : {}),
    protocol,
  });
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.slice(0, 3).map(({ path, message }) => `${path.join('.') || '-'}: ${message}`);
  const example = 'modbus-tcp host=10.1.2.3 port=502 unit=5';
  return {
    zh: `连接参数有误（${faults.join('；')}），写法如 ${example}。`,
    en: `The connection is wrong (${faults.join('; ')}); write it like ${example}.`,
  };
}

/** The shortest line that `parseConnection` reads as this connection. */
export function connectionText(connection: Connection): string {
  const { protocol, ...rest } = connection;
  const flat = Object.entries(rest).flatMap(([name, value]) =>
    typeof value === 'object'
      ? Object.entries(value).map(([inner, leaf]) => part(`${name}.${inner}`, leaf))
      : [part(name, value)],
  );
  const wanted = JSON.stringify(connection);
  const needed = flat.filter((one) => {
    const without = parseConnection([protocol, ...flat.filter((other) => other !== one)].join(' '));
    return JSON.stringify(without) !== wanted;
  });
  return [protocol, ...needed].join(' ');
}

const part = (name: string, value: unknown): string =>
  `${name}=${String(value).replace(/[%\s]/g, (character) => encodeURIComponent(character))}`;

function typed(name: string, text: string): [string, unknown] {
  if (NUMBERS.has(name)) return [name, text === '' ? Number.NaN : Number(text)];
  try {
    return [name, decodeURIComponent(text)];
  } catch {
    return [name, text];
  }
}
