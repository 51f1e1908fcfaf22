export { type Check, type Failure, failuresOf } from './checks.ts';
export { type ListenOptions, listen } from './listen.ts';
export { type HealthOptions, type HealthServer, serveHealth } from './server.ts';
