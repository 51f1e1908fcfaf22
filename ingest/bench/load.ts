/**
 * The load generator: a process of its own, so that its work is not the measured service's. Connects all gateways, says
 * so, waits for the start, sends the plans, reports the time from publish to PUBACK of each message. The first plan is
 * sent whole; the others run beside it over the same connections, and end with it.
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
  /** Messages of each gateway of the plan. */
  sent: number[];
}

const CONNECT_AT_ONCE = 50;
const [port, plans] = JSON.parse(process.argv[2] ?? '[]') as [number, LoadPlan[]];
const total = Math.max(...plans.map(({ first, gateways }) => first + gateways));
let finished = false;

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

function payloadOf(plan: LoadPlan, head: readonly string[], n: number): string {
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

/** Sends one plan from all gateways, with `window` messages on the way each, in turn when a rate is asked for. */
async function run(plan: LoadPlan, began: number): Promise<LoadReport> {
  const latencies: number[] = [];
  const { first, gateways } = plan;
  const sent = Array.from({ length: gateways }, () => 0);
  const whole = plan === plans[0];
  let bytes = 0;
  const everyMs = plan.perSecond > 0 ? (plan.perMessage * gateways * 1_000) / plan.perSecond : 0;
  await Promise.all(
    clients.slice(first, first + gateways).map(async (client, g) => {
      const [topic, head] = [upTopic(gatewayCode(first + g), 'telemetry'), heads(first + g)];
      const lane = async (): Promise<void> => {
        while (whole ? (sent[g] ?? 0) < messagesPerGateway(plan) : !finished) {
          const n = sent[g] ?? 0;
          sent[g] = n + 1;
          // gateways are spread over the interval, as their clocks are
          const due = began + everyMs * (n + g / gateways);
          while (due > performance.now() && !finished) await sleep(Math.min(500, Math.max(0, due - performance.now())));
          if (finished) {
            sent[g] = n;
            return;
          }
          const payload = payloadOf(plan, head, n);
          bytes += payload.length;
          const at = everyMs > 0 ? due : performance.now();
          await client.publishAsync(topic, payload, { qos: 1 });
          latencies.push(performance.now() - at);
        }
      };
      await Promise.all(Array.from({ length: plan.window }, lane));
    }),
  );
  const seconds = (performance.now() - began) / 1_000;
  if (whole) finished = true;
  latencies.sort((a, b) => a - b);
  const quantile = (q: number): number => Math.round(latencies[Math.ceil(latencies.length * q) - 1] ?? 0);
  return {
    seconds,
    readings: latencies.length * plan.perMessage,
    messages: latencies.length,
    messageBytes: Math.round(bytes / latencies.length),
    ackP50Ms: quantile(0.5),
    ackP99Ms: quantile(0.99),
    ackMaxMs: quantile(1),
    sent,
  };
}

const clients: MqttClient[] = [];
for (let g = 0; g < total; g += CONNECT_AT_ONCE) {
  const count = Math.min(CONNECT_AT_ONCE, total - g);
  clients.push(...(await Promise.all(Array.from({ length: count }, (_, i) => connect(g + i)))));
}
// whoever started us is gone
process.once('disconnect', () => process.exit());
process.send?.('connected');
await new Promise((done) => process.once('message', done));

const began = performance.now();
const reports = await Promise.all(plans.map((plan) => run(plan, began)));
await Promise.all(clients.map((client) => client.endAsync(true)));
process.send?.(reports, () => process.disconnect());
