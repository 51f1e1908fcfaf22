/** Bytes, digits and the envelope that the field protocols share. Pure: no I/O, no clock. */
export { bcdCount, clockBytes, meterTime, toBcd } from './bcd.ts';
export { type Layout, openFrame, sealFrame } from './envelope.ts';
export { FrameError, type FrameErrorCode } from './frame-error.ts';
export { hexByte, lowFirstBytes, lowFirstDigits, parseHex, spacedHex } from './hex.ts';
export { createStreamParser, type StreamCounters, type StreamParser } from './stream.ts';
