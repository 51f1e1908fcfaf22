import type { BatchAck, CareKind } from '@ganzhi/schemas';
import type { Harvest } from '../outbox/index.ts';

/** What a gateway proves itself with: a token, or a certificate whose key it holds (PEM). */
export type Credential = { kind: 'token'; token: string } | { kind: 'certificate'; key: string; cert: string };

/** Where remote care touches the gateway proper: the gateway works without it, and knows nothing else of it. */
export interface CareHooks {
  /** Asked at every connection. */
  credential(): Credential;
  /** Certificates (PEM) that the broker's must lead to; the system's when absent. */
  ca: string | undefined;
  /** Version of the server's configuration that runs; 0: the gateway's own file. */
  configuration(): number;
  /** Version of the firmware that runs. */
  firmware(): string;
  /** Connected, subscribed, birth sent. */
  onConnected(): void;
  /** The broker refuses the credential. */
  onRefused(): void;
  /** A message below `down/` other than an acknowledgement. */
  onOrder(kind: CareKind, payload: Buffer): void;
  onAck(ack: BatchAck): void;
  /** What a scan gave, before it goes into the outbox; a firmware under trial may have lost some of it. */
  onHarvest(harvest: Harvest): Harvest;
}
