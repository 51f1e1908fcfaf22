/** Collects the parameters of a statement that is put together from parts; values never enter the text. */
export class Parameters {
  readonly values: unknown[] = [];

  /** Adds a value and gives its placeholder. */
  readonly bind = (value: unknown): string => `$${this.values.push(value)}`;
}
