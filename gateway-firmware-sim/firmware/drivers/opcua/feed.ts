import type { ClientMonitoredItem, ClientSession, DataValue, NodeId } from 'node-opcua-client';
import { TimeoutError } from './within.ts';

/** Values that the server sends when they change. */
export interface Feed {
  /**
   * The latest value of each variable; waits for the first of those that were not watched yet.
   *
   * @throws TimeoutError when the server has sent neither values nor a sign of life for too long
   */
  latest(nodes: readonly NodeId[]): Promise<DataValue[]>;
}

export interface FeedOptions {
  /** How often the server looks at the values and sends what has changed. */
  publishMs: number;
}

/** Empty intervals after which a server sends a sign of life, and after how many of those it missed it is given up. */
const KEEP_ALIVE_COUNT = 5;
const MISSED = 3;
const LIFETIME_COUNT = 60;

/**
 * A subscription of a session (OPC UA part 4, §5.13). A value that does not change is not sent again, so only the server's
 * signs of life tell an unchanged value from a dead subscription: without them nothing is believed.
 */
export async function openFeed(session: ClientSession, { publishMs }: FeedOptions): Promise<Feed> {
  const { AttributeIds, ClientMonitoredItem, ClientSubscription, TimestampsToReturn } = await import(
    'node-opcua-client'
  );
  let heardAt = performance.now();
  let isOver = false;
  const heard = () => {
    heardAt = performance.now();
  };
  const over = () => {
    isOver = true;
  };
  const subscription = ClientSubscription.create(session, {
    requestedPublishingInterval: publishMs,
    requestedMaxKeepAliveCount: KEEP_ALIVE_COUNT,
    requestedLifetimeCount: LIFETIME_COUNT,
    maxNotificationsPerPublish: 0,
    publishingEnabled: true,
    priority: 0,
  });
  subscription.on('keepalive', heard);
  subscription.on('received_notifications', heard);
  subscription.on('terminated', over);
  subscription.on('status_changed', over);
  subscription.on('internal_error', over);

  const watched = new Map<string, Promise<{ value: DataValue }>>();
  const watch = (nodeId: NodeId) =>
    new Promise<{ value: DataValue }>((resolve, reject) => {
      const item: ClientMonitoredItem = ClientMonitoredItem.create(
        subscription,
        { nodeId, attributeId: AttributeIds.Value },
        { samplingInterval: publishMs, discardOldest: true, queueSize: 1 },
        TimestampsToReturn.Both,
      );
      const held: { value?: DataValue } = {};
      item.on('changed', (value: DataValue) => {
        heard();
        held.value = value;
        resolve(held as { value: DataValue });
      });
      item.on('err', (message: string) => reject(new Error(message)));
    });

  return {
    async latest(nodes) {
      // The server may have chosen another pace than was asked for.
      const silentMs = Math.max(publishMs, subscription.publishingInterval) * KEEP_ALIVE_COUNT * MISSED;
      if (isOver || performance.now() - heardAt > silentMs) {
        throw new TimeoutError(`no sign of life of the subscription for ${Math.round(silentMs)} ms`);
      }
      // All first values are waited for together: each may take an interval to come.
      const latest = nodes.map((node) => {
        const name = node.toString();
        const held = watched.get(name) ?? watch(node);
        watched.set(name, held);
        return held;
      });
      return (await Promise.all(latest)).map(({ value }) => value);
    },
  };
}
