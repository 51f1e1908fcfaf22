/** DL/T 645-2007 and -1997: frames, requests, answers, identifiers. Pure: no I/O, no clock. */
export { type Dlt645Control, errorBits, type NamedBit, readControl } from './control.ts';
export {
  addressAnswers,
  BROADCAST_ADDRESS,
  createDlt645Parser,
  type Dlt645Frame,
  decodeDlt645,
  encodeDlt645,
  fullAddress,
  WILDCARD_ADDRESS,
} from './frame.ts';
export type { DataItem, ItemFormat } from './identifier.ts';
export { ITEMS_1997 } from './identifiers-1997.ts';
export { ITEMS_2007 } from './identifiers-2007.ts';
export { type Dlt645Message, joinParts, readMessage } from './reply.ts';
export { buildRead, buildReadAddress, buildReadNext, buildTimeSync, type ReadRequest } from './request.ts';
export { type Dlt645Value, findItem, readValues } from './values.ts';
