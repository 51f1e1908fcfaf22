/** The edge runtime: what could run on a real gateway. Imports schemas only. */

export { createSelfSigned } from './care/certificate.ts';
export type { Waiting } from './care/enrol.ts';
export { type CaredGateway, createCaredGateway } from './care/gateway.ts';
export { type InstallConfigInput, isInstallConfig, parseInstallConfig } from './care/install.ts';
export { type Clock, type ManualClock, manualClock, systemClock } from './clock/index.ts';
export { GatewayConfig, type GatewayConfigInput, parseGatewayConfig } from './config.ts';
export type { MeterDriver, ReadResult } from './drivers/driver.ts';
export { type DecodeFrameOptions, decodeFrame, type FrameMeaning, type FrameProtocol } from './frame/index.ts';
export { createGateway, FIRMWARE_VERSION, type Gateway, type GatewayOptions } from './gateway.ts';
export { type RunningGateways, type StartGatewaysOptions, startGateways } from './main.ts';
export { type Outbox, openOutbox } from './outbox/index.ts';
export type { Finding } from './probe/finding.ts';
export { type ProbedValue, type ProbeOptions, type ProbeReport, probeMeter } from './probe/probe.ts';
export { TEMPLATES, templateById } from './templates/index.ts';
