/** The technician's first tool: what a frame of the field says. */
export { type DecodeFrameOptions, decodeFrame } from './decode-frame.ts';
export {
  FRAME_PROTOCOLS,
  type FrameFailure,
  type FrameMeaning,
  type FrameProtocol,
  type FrameValue,
} from './meaning.ts';
export { FrameError, type FrameErrorCode, type StreamCounters, type StreamParser } from './wire/index.ts';
