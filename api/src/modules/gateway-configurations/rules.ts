import { type FieldError, type MeterConfig, type RemoteConfiguration, TEMPLATE_CATALOGUE } from '@ganzhi/schemas';

/** What the registry says of a meter of the gateway. */
export interface RegisteredMeter {
  template: string;
}

const PROTOCOLS_OF = {
  modbus: ['modbus-tcp', 'modbus-rtu'],
  opcua: ['opcua'],
  dlt645: ['dlt645'],
  cjt188: ['cjt188'],
} as const satisfies Record<string, readonly MeterConfig['connection']['protocol'][]>;

/**
 * What is wrong with a configuration as far as the server can know it: meters of this gateway only, their registered templates, a
 * connection that the template speaks, quantities that it has. The gateway checks again.
 *
 * @param registered meters of the gateway by code
 */
export function configurationFaults(
  { meters }: RemoteConfiguration,
  registered: ReadonlyMap<string, RegisteredMeter>,
): FieldError[] {
  return meters.flatMap((meter, index) => meterFaults(meter, `configuration.meters.${index}`, registered));
}

function meterFaults(
  { code, template, connection, points }: MeterConfig,
  path: string,
  registered: ReadonlyMap<string, RegisteredMeter>,
): FieldError[] {
  const fault = (field: string, message: string): FieldError => ({
    path: `${path}.${field}`,
    code: 'invalid',
    message,
  });
  const meter = registered.get(code);
  if (!meter) return [fault('code', `${code} 不是此网关的表计 / is not a meter of this gateway`)];
  if (meter.template !== template) {
    return [fault('template', `${code} 登记的模板是 / is registered with template ${meter.template}`)];
  }
  const known = TEMPLATE_CATALOGUE[template];
  if (!known) return [fault('template', `没有此模板 / no such template: ${template}`)];
  const speaks: readonly string[] = PROTOCOLS_OF[known.protocol];
  const wrong = speaks.includes(connection.protocol)
    ? []
    : [fault('connection.protocol', `${template} 使用 / speaks ${speaks.join(', ')}`)];
  const missing = points?.filter((point) => !known.quantities.includes(point)) ?? [];
  return missing.length === 0 ? wrong : [...wrong, fault('points', `${template} 没有 / has no ${missing.join(', ')}`)];
}
