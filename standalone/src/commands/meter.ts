import { join } from 'node:path';
import type { ProbeReport } from '@ganzhi/gateway-firmware-sim/firmware';
import { Connection, loadConfig } from '@ganzhi/schemas';
import { type Command, type OptionValues, parseOperands, text, UsageError, wholeNumber } from '../command.ts';
import { createLogger } from '../process.ts';

const PROTOCOLS = ['modbus-tcp', 'modbus-rtu', 'dlt645', 'cjt188', 'opcua'] as const;
type Protocol = (typeof PROTOCOLS)[number];

export const meter: Command = {
  name: 'meter',
  about:
    'Read a live meter by template and check what it says: phases, scale, word order, polarity (exit 1 on an error).',
  operands: 'probe',
  options: {
    template: { type: 'string', value: 'ID', about: 'The meter model; needed.' },
    host: { type: 'string', value: 'H', about: 'Meter, gateway or serial server.' },
    port: { type: 'string', value: 'P', about: 'Its TCP port (502).' },
    serial: { type: 'string', value: 'PATH', about: 'A serial port instead: /dev/ttyS1.' },
    baud: { type: 'string', value: 'N', about: 'Speed of the serial port (Modbus 9600, DL/T 645 and CJ/T 188 2400).' },
    parity: {
      type: 'string',
      value: 'none|even|odd',
      about: 'Parity of the serial port (Modbus none, the others even).',
    },
    rtu: { type: 'boolean', about: 'The host is a serial server that passes Modbus RTU bytes as they are.' },
    unit: { type: 'string', value: 'U', about: 'Modbus unit (1).' },
    address: { type: 'string', value: 'A', about: 'Address of a DL/T 645 or CJ/T 188 meter; AAAA… when it is alone.' },
    endpoint: { type: 'string', value: 'URL', about: 'OPC UA server: opc.tcp://host:4840 (with --object).' },
    object: { type: 'string', value: 'PATH', about: "Browse path of the meter's object below Objects." },
    insecure: { type: 'boolean', about: 'OPC UA without signature and encryption.' },
    timeout: { type: 'string', value: 'MS', about: 'How long to wait for an answer.' },
    watch: {
      type: 'string',
      value: 'SECONDS',
      about: 'Read twice, so long apart: proves which register counts import.',
    },
    json: { type: 'boolean', about: 'The report as JSON.' },
  },
  async run(argv) {
    const { values, operands } = parseOperands(this.options, argv);
    if (operands.join(' ') !== 'probe')
      throw new UsageError(`The word "probe" stands alone, not "${operands.join(' ')}".`);
    const template = text(values, 'template');
    if (!template) throw new UsageError('--template ID is missing.');
    const watchSeconds = wholeNumber(values, 'watch', { min: 0, max: 3_600, fallback: 0 });
    const firmware = await import('@ganzhi/gateway-firmware-sim/firmware');
    const parsed = Connection.safeParse(
      connectionOf(protocolOf(firmware.templateById(template).protocol, values), values),
    );
    if (!parsed.success) {
      throw new UsageError(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
    }
    const config = loadConfig(['LOG_LEVEL', 'GANZHI_DATA_DIR']);
    const report = await firmware.probeMeter({
      template,
      connection: parsed.data,
      watchSeconds,
      dataDir: join(config.GANZHI_DATA_DIR, 'probe'),
      logger: createLogger('meter', config.LOG_LEVEL),
    });
    process.stdout.write(values.json === true ? `${JSON.stringify(report, null, 2)}\n` : reportText(report));
    const nothingRead = report.values.every(({ value }) => value === null);
    if (nothingRead || report.findings.some(({ severity }) => severity === 'error')) process.exitCode = 1;
  },
};

function protocolOf(ofTemplate: string, values: OptionValues): Protocol {
  if (ofTemplate === 'modbus') return values.rtu === true || text(values, 'serial') ? 'modbus-rtu' : 'modbus-tcp';
  const found = PROTOCOLS.find((protocol) => protocol === ofTemplate);
  if (!found) throw new UsageError(`Meters of protocol ${ofTemplate} cannot be probed.`);
  return found;
}

/** The connection as a gateway's configuration would have it; what is missing or wrong is found by its schema. */
function connectionOf(protocol: Protocol, values: OptionValues): unknown {
  const timeout = text(values, 'timeout');
  const common = { protocol, ...(timeout ? { timeoutMs: Number(timeout) } : {}) } satisfies {
    protocol: Connection['protocol'];
  };
  const unit = wholeNumber(values, 'unit', { min: 0, max: 255, fallback: 1 });
  const address = text(values, 'address');
  switch (protocol) {
    case 'modbus-tcp':
      return { ...common, ...tcp(values), unit };
    case 'modbus-rtu':
      return { ...common, line: lineOf(values), unit };
    case 'dlt645':
    case 'cjt188':
      if (!address) throw new UsageError('--address A is missing.');
      return { ...common, line: lineOf(values), address };
    case 'opcua':
      return {
        protocol,
        endpointUrl: text(values, 'endpoint') ?? '',
        object: text(values, 'object') ?? '',
        ...(values.insecure === true ? { security: 'none' } : {}),
      };
  }
}

function lineOf(values: OptionValues) {
  const path = text(values, 'serial');
  if (!path) return { kind: 'tcp', ...tcp(values) };
  const baud = text(values, 'baud');
  const parity = text(values, 'parity');
  return { kind: 'serial', path, ...(baud ? { baudRate: Number(baud) } : {}), ...(parity ? { parity } : {}) };
}

function tcp(values: OptionValues) {
  const host = text(values, 'host');
  if (!host) throw new UsageError('--host H or --serial PATH is missing.');
  return { host, port: wholeNumber(values, 'port', { min: 1, max: 65_535, fallback: 502 }) };
}

const SEVERITY = { error: '错误 error', warning: '提示 warning' };

function reportText({ template, model, ratioInMeter, values, findings, disturbances }: ProbeReport): string {
  const side = ratioInMeter
    ? '一次侧 primary values'
    : '表计侧：服务器再乘 CT、PT / the server multiplies by CT and PT';
  const rows = values.map(({ quantity, zh, value, unit, failure }) => {
    const shown = failure ?? (value === null ? '无值 no value' : `${value} ${unit}`);
    return `  ${quantity.padEnd(18)}${shown.padEnd(24)}${zh}`;
  });
  const found = findings.map(
    ({ code, severity, zh, en, detail }) => `  ${SEVERITY[severity]}  ${zh} ${en} (${code}): ${detail}`,
  );
  const heard = Object.entries(disturbances).map(([kind, count]) => `${kind} ${count}`);
  return [
    `${template} (${model}), ${side}`,
    ...rows,
    ...(found.length > 0 ? found : ['  未发现异常 / nothing suspicious']),
    ...(heard.length > 0 ? [`  线路 line: ${heard.join(', ')}`] : []),
    '',
  ].join('\n');
}
