import { mkdirSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import type { OpcUaTemplate } from '@ganzhi/schemas';
import type { Clock } from '../../firmware/index.ts';
import type { Registers } from '../model/registers.ts';

export interface OpcUaMeter {
  /** Name of the meter's object, below `Meters`. */
  name: string;
  template: OpcUaTemplate;
  registers: Registers;
}

export interface OpcUaServerOptions {
  meters: readonly OpcUaMeter[];
  clock: Pick<Clock, 'now'>;
  /** Key and certificates of the server. */
  dataDir: string;
  host?: string;
  /** 0 picks a free one. */
  port?: number;
}

export interface SimulatedOpcUaServer {
  readonly endpointUrl: string;
  stop(): Promise<void>;
}

/** Folder under Objects that holds the meters; a gateway's `object` is `Meters/<name>`. */
export const METERS_FOLDER = 'Meters';

/** One OPC UA server with all meters that speak it. The library is loaded only when there is one (100 MB). */
export async function startOpcUaServer(options: OpcUaServerOptions): Promise<SimulatedOpcUaServer> {
  const { meters, clock, dataDir, host = '127.0.0.1' } = options;
  const { DataType, MessageSecurityMode, nodesets, OPCUACertificateManager, OPCUAServer, SecurityPolicy, Variant } =
    await import('node-opcua');
  const port = options.port || (await freePort(host));
  const rootFolder = join(dataDir, 'pki');
  mkdirSync(rootFolder, { recursive: true });
  const server = new OPCUAServer({
    port,
    host,
    hostname: host,
    buildInfo: { productName: 'Ganzhi simulated meters' },
    nodeset_filename: [nodesets.standard],
    serverCertificateManager: new OPCUACertificateManager({ rootFolder, automaticallyAcceptUnknownCertificate: true }),
    userCertificateManager: new OPCUACertificateManager({ rootFolder: join(dataDir, 'users') }),
    securityModes: [MessageSecurityMode.None, MessageSecurityMode.SignAndEncrypt],
    securityPolicies: [SecurityPolicy.None, SecurityPolicy.Basic256Sha256],
    allowAnonymous: true,
  });
  await server.initialize();
  const space = server.engine.addressSpace;
  if (!space) throw new Error('node-opcua: no address space after initialize');
  const own = space.getOwnNamespace();
  const folder = own.addFolder(space.rootFolder.objects, { browseName: METERS_FOLDER });
  for (const { name, template, registers } of meters) {
    const object = own.addObject({ organizedBy: folder, browseName: name });
    for (const { path, quantity, scale } of template.points) {
      own.addVariable({
        componentOf: object,
        browseName: path,
        dataType: 'Double',
        minimumSamplingInterval: 1_000,
        value: {
          get: () => new Variant({ dataType: DataType.Double, value: (registers(clock.now())[quantity] ?? 0) / scale }),
        },
      });
    }
  }
  await server.start();
  return {
    endpointUrl: `opc.tcp://${host}:${port}`,
    stop: () => server.shutdown(100),
  };
}

/** The library cannot report a port it was told to pick, so one is found by binding it for a moment. */
function freePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = net.createServer();
    probe.once('error', reject);
    probe.listen(0, host, () => {
      const address = probe.address();
      probe.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no free port')),
      );
    });
  });
}
