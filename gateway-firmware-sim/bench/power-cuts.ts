/**
 * `npm run power-cuts -- [--batches 10000]`: a gateway killed with SIGKILL at random moments until so many batches have come
 * through. Last line JSON; exit 1 when one is lost, doubled or changed.
 */
import { parseArgs } from 'node:util';
import { cutPower } from '../testing/power-cuts.ts';

const { values } = parseArgs({
  options: { batches: { type: 'string', default: '10000' }, help: { type: 'boolean', default: false } },
});
if (values.help) process.stdout.write('npm run power-cuts -- [--batches 10000]\n');
else {
  const result = await cutPower(Number(values.batches), 1_500);
  process.stdout.write(`${JSON.stringify(result)}\n`);
  if (result.lost.length + result.doubled.length + result.changed.length > 0) process.exitCode = 1;
}
