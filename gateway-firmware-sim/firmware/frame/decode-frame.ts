import { GanzhiError, type MeterTemplate } from '@ganzhi/schemas';
import { templateById } from '../templates/index.ts';
import { describeCjt188 } from './cjt188.ts';
import { describeDlt645 } from './dlt645.ts';
import { type FrameMeaning, type FrameProtocol, failure } from './meaning.ts';
import { describeModbus } from './modbus.ts';
import { FrameError, parseHex } from './wire/index.ts';

export interface DecodeFrameOptions {
  protocol: FrameProtocol;
  /** Blanks, lower or upper case, `0x` as they come. */
  hex: string;
  /** Id of a template of the same protocol; gives Modbus registers their names. */
  template?: string;
  /** Zero-based address of the answer's first register. */
  register?: number;
}

/**
 * What a frame says: address, function, identifier, values with units, or the named error. A frame that is not believed
 * and a meter's refusal are results (`error`), not exceptions.
 *
 * @throws GanzhiError `config-invalid` for an unknown template or one of another protocol
 */
export function decodeFrame(options: DecodeFrameOptions): FrameMeaning {
  const { protocol, hex, register } = options;
  const template = options.template === undefined ? undefined : templateFor(options.template, protocol);
  try {
    const bytes = parseHex(hex);
    switch (protocol) {
      case 'dlt645':
        return describeDlt645(bytes);
      case 'cjt188':
        return describeCjt188(bytes);
      case 'modbus':
        return describeModbus(bytes, {
          ...(template?.protocol === 'modbus' ? { template } : {}),
          ...(register === undefined ? {} : { register }),
        });
    }
  } catch (refusal) {
    if (refusal instanceof FrameError) return { protocol, error: failure(refusal.code, refusal.message) };
    throw refusal;
  }
}

function templateFor(id: string, protocol: FrameProtocol): MeterTemplate {
  const template = templateById(id);
  if (template.protocol === protocol) return template;
  throw new GanzhiError('config-invalid', `Template ${id} speaks ${template.protocol}, the frame ${protocol}.`);
}
