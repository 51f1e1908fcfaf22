import { createHash, randomUUID } from 'node:crypto';
import {
  type BatchAck,
  BatchAck as BatchAckShape,
  downTopic,
  QUANTITIES,
  type TelemetryBatch,
  upTopic,
} from '@ganzhi/schemas';
import { locateEmbedded, openDatabase } from '@ganzhi/schemas/db';
import mqtt, { type MqttClient } from 'mqtt';

export const GATEWAY = 'GW-RECORDER';
export const METER = 'RECORDER-1';
const TOKEN = 'a token that only this test knows';
const READINGS_PER_BATCH = 50;
const BATCHES_IN_FLIGHT = 8;
const FIRST_READING = Date.parse('2026-11-01T00:00:00+08:00');
const READING_EVERY_MS = 60_000;

/**
 * A gateway that keeps books: it publishes numbered readings as fast as acknowledgements come, remembers which batches were
 * acknowledged, and sends the others again after a reconnect. What it has an acknowledgement for must be in the database.
 */
export class Recorder {
  readonly #client: MqttClient;
  readonly #waiting = new Map<string, TelemetryBatch>();
  readonly #limit: number;
  #made = 0;
  acknowledged = 0;
  failure: BatchAck | undefined;

  constructor(mqttUrl: string, batches: number) {
    this.#limit = batches;
    this.#client = mqtt.connect(mqttUrl, {
      clientId: GATEWAY,
      username: GATEWAY,
      password: TOKEN,
      clean: true,
      reconnectPeriod: 200,
      queueQoSZero: false,
    });
    this.#client.on('connect', () => {
      this.#client.subscribe(downTopic(GATEWAY, 'ack'), { qos: 1 }, () => this.#resend());
    });
    this.#client.on('message', (_topic, payload) => this.#onAck(BatchAckShape.parse(JSON.parse(payload.toString()))));
    this.#client.on('error', () => undefined);
  }

  get done(): boolean {
    return this.acknowledged === this.#limit;
  }

  get readings(): number {
    return this.#limit * READINGS_PER_BATCH;
  }

  async end(): Promise<void> {
    await this.#client.endAsync(true);
  }

  #resend(): void {
    for (const batch of this.#waiting.values()) this.#publish(batch);
    this.#fill();
  }

  #fill(): void {
    while (this.#waiting.size < BATCHES_IN_FLIGHT && this.#made < this.#limit) {
      const batch = makeBatch(this.#made);
      this.#made += 1;
      this.#waiting.set(batch.batch, batch);
      this.#publish(batch);
    }
  }

  #publish(batch: TelemetryBatch): void {
    this.#client.publish(upTopic(GATEWAY, 'telemetry'), JSON.stringify(batch), { qos: 1 }, () => undefined);
  }

  #onAck(ack: BatchAck): void {
    if (!this.#waiting.delete(ack.batch)) return;
    if (ack.status !== 'stored' || ack.rejected.length > 0) this.failure = ack;
    this.acknowledged += 1;
    this.#fill();
  }
}

/** Reading number n carries the register n.00 kWh, so one glance at the table tells what is missing or changed. */
function makeBatch(number: number): TelemetryBatch {
  return {
    v: 1,
    batch: randomUUID(),
    seq: number,
    sentAt: new Date().toISOString(),
    replay: false,
    errors: [],
    readings: Array.from({ length: READINGS_PER_BATCH }, (_, i) => {
      const n = number * READINGS_PER_BATCH + i;
      return { m: METER, p: 'energy.import', t: FIRST_READING + n * READING_EVERY_MS, x: n, q: 0 };
    }),
  };
}

/** Registers the recorder's gateway and meter in the embedded database of a running system. */
export async function registerRecorder(dataDir: string): Promise<void> {
  const db = await openDatabase({ url: ownerUrl(dataDir), role: 'ganzhi_owner', max: 1 });
  const energy = QUANTITIES.find((quantity) => quantity.code === 'energy.import');
  try {
    await db.query(
      `with g as (
         insert into registry.gateway (code, institution_id, name_zh, name_en, token_sha256)
         select $1, min(id), '记账网关', 'Recorder', $2 from registry.institution returning id, institution_id
       ), m as (
         insert into registry.meter (code, institution_id, gateway_id, name_zh, name_en, medium, role, template, interval_s)
         select $3, institution_id, id, '记账表', 'Recorder', 'electricity', 'main', 'eastron-sdm630', 60 from g returning id
       ), r as (insert into registry.meter_ratio (meter_id) select id from m)
       insert into registry.point (meter_id, point, decimals) select id, $4, 2 from m`,
      [GATEWAY, createHash('sha256').update(TOKEN).digest(), METER, energy?.id],
    );
  } finally {
    await db.end();
  }
}

export interface Stored {
  readings: number;
  /** Rows whose value is not the one that was sent for their time. */
  wrong: number;
  revisions: number;
}

/** What the database holds of the recorder's readings. */
export async function storedByRecorder(dataDir: string): Promise<Stored> {
  const db = await openDatabase({ url: ownerUrl(dataDir), role: 'ganzhi_owner', max: 1 });
  try {
    const { rows } = await db.query<{ readings: number; wrong: number; revisions: number }>(
      `select count(*)::int as readings,
         count(*) filter (where r.value <> 100 * extract(epoch from r.ts - to_timestamp($2::float8 / 1000)) / 60)::int as wrong,
         (select count(*) from metering.reading_revision v where v.meter_id = max(r.meter_id))::int as revisions
       from metering.reading r join registry.meter m on m.id = r.meter_id where m.code = $1`,
      [METER, FIRST_READING],
    );
    return rows[0] ?? { readings: 0, wrong: 0, revisions: 0 };
  } finally {
    await db.end();
  }
}

function ownerUrl(dataDir: string): string {
  const database = locateEmbedded(dataDir);
  if (!database) throw new Error(`no embedded database runs on ${dataDir}`);
  return database.urlFor('ganzhi_owner');
}
