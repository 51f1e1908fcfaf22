/** CJ/T 188-2004 and -2018: frames, requests, answers of water, gas and heat meters. Pure: no I/O, no clock. */
export {
  addressAnswers188,
  type Cjt188Frame,
  createCjt188Parser,
  decodeCjt188,
  encodeCjt188,
  fullAddress188,
  WILDCARD_188,
} from './frame.ts';
export { type MeterType, meterType } from './meter-types.ts';
export type { Cjt188Metering, Cjt188Status, Cjt188Value } from './metering.ts';
export { type Cjt188Control, type Cjt188Message, type Identified, readMessage188 } from './reply.ts';
export { buildRead188, buildReadAddress188, type DiOrder, type Read188 } from './request.ts';
export { type WireUnit, wireUnit } from './units.ts';
