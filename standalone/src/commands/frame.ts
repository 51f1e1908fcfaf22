import { text as readAll } from 'node:stream/consumers';
import type { FrameProtocol } from '@ganzhi/gateway-firmware-sim/firmware';
import { type Command, type OptionValues, parseOperands, text, UsageError } from '../command.ts';

const PROTOCOLS: readonly FrameProtocol[] = ['modbus', 'dlt645', 'cjt188'];

export const frame: Command = {
  name: 'frame',
  about: 'Tell what a frame of the field says, as JSON: address, identifier, values, or the error by name (exit 1).',
  operands: 'decode HEX   (blanks, either case, 0x; "-" reads standard input)',
  options: {
    protocol: { type: 'string', value: PROTOCOLS.join('|'), about: 'The language of the frame; needed.' },
    template: { type: 'string', value: 'ID', about: "A meter template, which names a Modbus answer's registers." },
    register: { type: 'string', value: 'ADDRESS', about: "The answer's first register, from 0: 72 or 0x48." },
  },
  async run(argv) {
    const { values, operands } = parseOperands(this.options, argv);
    const [verb, ...words] = operands;
    if (verb !== 'decode') throw new UsageError(`The word "decode" comes first, not "${verb ?? ''}".`);
    if (words.length === 0) throw new UsageError('The frame is missing: decode HEX.');
    const protocol = protocolOf(text(values, 'protocol'));
    const template = text(values, 'template');
    const register = registerOf(values);
    const hex = words.length === 1 && words[0] === '-' ? await readAll(process.stdin) : words.join(' ');
    const { decodeFrame } = await import('@ganzhi/gateway-firmware-sim/firmware');
    const meaning = decodeFrame({
      protocol,
      hex,
      ...(template === undefined ? {} : { template }),
      ...(register === undefined ? {} : { register }),
    });
    process.stdout.write(`${JSON.stringify(meaning, null, 2)}\n`);
    if (meaning.error) process.exitCode = 1;
  },
};

function protocolOf(given: string | undefined): FrameProtocol {
  const found = PROTOCOLS.find((protocol) => protocol === given);
  if (!found) throw new UsageError(`--protocol takes ${PROTOCOLS.join(', ')}, not "${given ?? ''}".`);
  return found;
}

function registerOf(values: OptionValues): number | undefined {
  const given = text(values, 'register');
  if (given === undefined) return undefined;
  const register = Number(given);
  if (given.trim() === '' || !Number.isInteger(register) || register < 0 || register > 0xffff) {
    throw new UsageError(`--register takes an address from 0 to 65535 (or 0xFFFF), not "${given}".`);
  }
  return register;
}
