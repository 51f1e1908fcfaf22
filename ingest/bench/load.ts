/**
 * The load generator: a process of its own, so that its work is not the measured service's. Connects all gateways, says
 * so, waits for the start, sends the plan, reports the time from publish to PUBACK of each message.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { upTopic } from '@ganzhi/schemas';
import mqtt, { type MqttClient } from 'mqtt';
import {
  gatewayCode,
  type LoadPlan,
  METERS,
  messagesPerGateway,
  meterCode,
  POINTS,
  plannedReading,
  TOKEN,
  totalReadings,
} from './load-plan.ts';

export interface LoadReport {
  seconds: number;
  readings: number;
  messages: number;
  /** Mean size of a payload. */
  messageBytes: number;
  ackP50Ms: number;
  ackP99Ms: number;
  ackMaxMs: number;
}

const CONNECT_AT_ONCE = 50;
const [port, plan] = JSON.parse(process.argv[2] ?? '[]') as [number, LoadPlan];
const messages = messagesPerGateway(plan);
const latencies: number[] = [];
let bytes = 0;

async function connect(g: number): Promise<MqttClient> {
  const code = gatewayCode(g);
  return mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, {
    clientId: code,
    username: code,
    password: TOKEN,
    protocolVersion: 4,
    keepalive: 600,
    reconnectPeriod: 0,
  });
}

/** Everything of a message that does not change from one to the next. */
const heads = (g: number): string[] =>
  Array.from({ length: METERS }, (_, n) => POINTS.map((p) => `{"m":"${meterCode(g, n + 1)}","p":"${p}","t":`)).flat();

function payloadOf(head: readonly string[], n: number): string {
  let body = '';
  for (let i = 0; i < plan.perMessage; i += 1) {
    const { meter, point, ts, counts } = plannedReading(n * plan.perMessage + i, plan.replay);
    const cents = counts % 100;
    const x = `${(counts - cents) / 100}.${cents < 10 ? '0' : ''}${cents}`;
    body += `${i > 0 ? ',' : ''}${head[(meter - 1) * POINTS.length + point]}${ts},"x":${x},"q":0}`;
  }
  const [sentAt, batch] = [new Date().toISOString(), randomUUID()];
  return `{"v":1,"batch":"${batch}","seq":${n},"sentAt":"${sentAt}","replay":${plan.replay},"readings":[${body}]}`;
}

/** One gateway: `window` messages on the way, each waiting for its turn when a rate is asked for. */
async function send(client: MqttClient, g: number, began: number): Promise<void> {
  const [topic, head] = [upTopic(gatewayCode(g), 'telemetry'), heads(g)];
  const everyMs = plan.perSecond > 0 ? (plan.perMessage * plan.gateways * 1_000) / plan.perSecond : 0;
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < messages) {
      const n = next++;
      // gateways are spread over the interval, as their clocks are
      const due = began + everyMs * (n + g / plan.gateways);
      if (due > performance.now()) await sleep(due - performance.now());
      const payload = payloadOf(head, n);
      bytes += payload.length;
      const at = Math.max(due, everyMs > 0 ? 0 : performance.now());
      await client.publishAsync(topic, payload, { qos: 1 });
      latencies.push(performance.now() - at);
    }
  };
  await Promise.all(Array.from({ length: plan.window }, lane));
}

const clients: MqttClient[] = [];
for (let g = 0; g < plan.gateways; g += CONNECT_AT_ONCE) {
  const count = Math.min(CONNECT_AT_ONCE, plan.gateways - g);
  clients.push(...(await Promise.all(Array.from({ length: count }, (_, i) => connect(g + i)))));
}
process.send?.('connected');
await new Promise((done) => process.once('message', done));

const began = performance.now();
await Promise.all(clients.map((client, g) => send(client, g, began)));
const seconds = (performance.now() - began) / 1_000;
await Promise.all(clients.map((client) => client.endAsync(true)));
latencies.sort((a, b) => a - b);
const quantile = (q: number): number => Math.round(latencies[Math.ceil(latencies.length * q) - 1] ?? 0);
const report: LoadReport = {
  seconds,
  readings: totalReadings(plan),
  messages: latencies.length,
  messageBytes: Math.round(bytes / latencies.length),
  ackP50Ms: quantile(0.5),
  ackP99Ms: quantile(0.99),
  ackMaxMs: quantile(1),
};
process.send?.(report, () => process.disconnect());
