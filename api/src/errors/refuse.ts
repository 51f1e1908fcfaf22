import { type ErrorCode, type FieldError, GanzhiError } from '@ganzhi/schemas';

/** A text in both languages of the project. */
export interface BothLanguages {
  zh: string;
  en: string;
}

/** A GanzhiError whose detail the reader gets in the language asked for. */
export class Refusal extends GanzhiError {
  readonly detailZh: string;
  /** Seconds after which it makes sense to try again (Retry-After). */
  readonly retryAfterS: number | undefined;

  constructor(
    code: ErrorCode,
    detail: BothLanguages,
    options: { fields?: readonly FieldError[]; retryAfterS?: number; cause?: unknown } = {},
  ) {
    super(code, detail.en, options);
    this.detailZh = detail.zh;
    this.retryAfterS = options.retryAfterS;
  }
}

/** Nothing of this kind has this id. */
export const notFound = (): Refusal =>
  new Refusal('not-found', {
    zh: '没有此编号的记录，或已被删除。',
    en: 'Nothing here has this id, or it was removed.',
  });

/** One field of the request is wrong. */
export const wrongField = (path: string, text: BothLanguages): Refusal =>
  new Refusal('invalid-request', text, { fields: [{ path, code: 'invalid', message: text.en }] });
