import { GanzhiError } from '@ganzhi/schemas';

/** Bodies that wait in memory at once: 64 of 256 KiB are as much as the pipeline's own gate holds. */
const TOTAL = 64;
/** One gateway needs no more: a second batch while the first is committed, and as much again for a retry. */
const PER_GATEWAY = 4;

/** Requests under way, bounded: HTTP has no back-pressure short of an answer, so the answer is "later". */
export class Places {
  readonly #byGateway = new Map<number, number>();
  #total = 0;

  /**
   * @returns gives the place back
   * @throws GanzhiError `too-many-requests` when this gateway has its share, `unavailable` when all are taken
   */
  take(gatewayId: number): () => void {
    const own = this.#byGateway.get(gatewayId) ?? 0;
    if (own >= PER_GATEWAY) {
      throw new GanzhiError('too-many-requests', `A gateway may have ${PER_GATEWAY} requests under way.`);
    }
    if (this.#total >= TOTAL)
      throw new GanzhiError('unavailable', 'Too many requests are under way; send again shortly.');
    this.#total += 1;
    this.#byGateway.set(gatewayId, own + 1);
    return () => {
      this.#total -= 1;
      const left = (this.#byGateway.get(gatewayId) ?? 1) - 1;
      if (left > 0) this.#byGateway.set(gatewayId, left);
      else this.#byGateway.delete(gatewayId);
    };
  }
}
