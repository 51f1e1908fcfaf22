/**
 * A queue in which every gateway has its turn: the next item is the oldest of the gateway that has waited longest for one. In
 * the order of arrival, one gateway that sends a hundred times its share would put everybody else behind it.
 */
export class Turns<T> {
  /** In the order of turns; who has been served goes to the end. */
  readonly #queues = new Map<number, Set<T>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(gatewayId: number, item: T): void {
    const queue = this.#queues.get(gatewayId);
    if (queue) queue.add(item);
    else this.#queues.set(gatewayId, new Set([item]));
    this.#size += 1;
  }

  /** Removes and gives the next item that is allowed to go; of each gateway only its oldest is asked. */
  next(may: (item: T) => boolean = () => true): T | undefined {
    for (const [gatewayId, queue] of this.#queues) {
      const [item] = queue;
      if (item === undefined || !may(item)) continue;
      this.#queues.delete(gatewayId);
      queue.delete(item);
      if (queue.size > 0) this.#queues.set(gatewayId, queue);
      this.#size -= 1;
      return item;
    }
    return undefined;
  }

  /** Takes an item out of its place, whatever its turn. */
  delete(gatewayId: number, item: T): void {
    const queue = this.#queues.get(gatewayId);
    if (!queue?.delete(item)) return;
    this.#size -= 1;
    if (queue.size === 0) this.#queues.delete(gatewayId);
  }
}
