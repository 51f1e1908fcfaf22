import { ERRORS, type ErrorCode, GanzhiError } from '@ganzhi/schemas';

/** RFC 9457 problem document, as all of the project's HTTP answers errors. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail?: string;
  instance: string;
  code: ErrorCode;
  requestId: string;
}

export interface Where {
  instance: string;
  requestId: string;
  /** `Accept-Language`; Chinese unless it begins with English. */
  language: string | undefined;
}

export function problem(code: ErrorCode, detail: string | undefined, where: Where): Problem {
  const { status, zh, en } = ERRORS[code];
  return {
    type: `/problems/${code}`,
    title: /^\s*en\b/i.test(where.language ?? '') ? en : zh,
    status,
    ...(detail ? { detail } : {}),
    instance: where.instance,
    code,
    requestId: where.requestId,
  };
}

/** Code and detail of whatever was thrown; an unknown error keeps its words for the log. */
export function faultOf(error: unknown): { code: ErrorCode; detail?: string } {
  if (error instanceof GanzhiError) return { code: error.code, detail: error.message };
  const { statusCode, message } = error as { statusCode?: number; message?: string };
  if (statusCode === 413)
    return { code: 'too-large', detail: 'A body may have 262144 bytes: compress it, or send less.' };
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return { code: 'invalid-request', ...(message ? { detail: message } : {}) };
  }
  return { code: 'internal' };
}
