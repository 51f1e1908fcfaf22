/** Remote care of gateways: what server and firmware say to each other besides readings. */
export * from './commands.ts';
export * from './configuration.ts';
export * from './connection.ts';
export * from './enrolment.ts';
export * from './firmware.ts';
export * from './template-catalogue.generated.ts';
