import { type ErrorCode, GanzhiError } from '@ganzhi/schemas';

/** Why a frame is not believed; all stand in the error table of schemas. */
export type FrameErrorCode = Extract<ErrorCode, `frame-${string}`>;

/** The only error that a codec throws for bytes it was given. */
export class FrameError extends GanzhiError {
  declare readonly code: FrameErrorCode;

  constructor(code: FrameErrorCode, detail: string) {
    super(code, detail);
    this.name = 'FrameError';
  }
}
