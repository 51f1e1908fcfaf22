/**
 * Child of `bench/gateway.ts`: N Modbus TCP devices, each a port of its own; answers any read of any unit with registers that
 * count up. Prints its ports as one JSON line.
 */
import net, { type AddressInfo } from 'node:net';

const count = Number(process.argv[2] ?? 1);
const servers = Array.from({ length: count }, () => net.createServer((socket) => serve(socket)));
await Promise.all(
  servers.map((server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 16, () => resolve()))),
);
process.stdout.write(`${JSON.stringify(servers.map((server) => (server.address() as AddressInfo).port))}\n`);

const REQUEST_BYTES = 12;

/** MODBUS Messaging on TCP/IP 1.0b §3.1.3: transaction, protocol 0, length, unit, then the request of 5 bytes. */
function serve(socket: net.Socket): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (; rest.length >= REQUEST_BYTES; rest = rest.subarray(REQUEST_BYTES)) {
      const registers = rest.readUInt16BE(10);
      const answer = Buffer.alloc(9 + registers * 2);
      rest.copy(answer, 0, 0, 4);
      answer.writeUInt16BE(3 + registers * 2, 4);
      rest.copy(answer, 6, 6, 8);
      answer.writeUInt8(registers * 2, 8);
      for (let i = 0; i < registers; i += 2) answer.writeFloatBE(230 + i, 9 + i * 2);
      socket.write(answer);
    }
  });
}
