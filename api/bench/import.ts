import type { Db } from '@ganzhi/schemas/db';
import exceljs from 'exceljs';
import { KIND_OF } from '../src/modules/registry-imports/kinds/index.ts';

/** Meters of a city: 23,500 lines of one workbook, of institutions that registry.sql makes. */
const METERS = 23_500;
const INSTITUTIONS = 1_960;

async function workbook(): Promise<Buffer> {
  const book = new exceljs.Workbook();
  const { sheet, fields } = KIND_OF.meters;
  const rows = book.addWorksheet(sheet.zh);
  const names = [
    'code',
    'nameZh',
    'nameEn',
    'institutionCode',
    'medium',
    'role',
    'parentCode',
    'gatewayCode',
    'template',
    'quantities',
    'intervalS',
    'ct',
  ];
  rows.addRow(names.map((name) => fields.find((field) => field.name === name)?.zh));
  for (let i = 0; i < METERS; i += 1) {
    const institution = `CZ-${String((i % INSTITUTIONS) + 1).padStart(4, '0')}`;
    const below = i >= INSTITUTIONS;
    const parent = below ? `X-${i % INSTITUTIONS}` : '';
    rows.addRow([
      `X-${i}`,
      `表${i}`,
      `Meter ${i}`,
      institution,
      '电',
      below ? '分表' : '总表',
      parent,
      `GW-${institution}`,
      'acrel-adw300',
      'energy.import;power',
      900,
      below ? 1 : 40,
    ]);
  }
  return Buffer.from(await book.xlsx.writeBuffer());
}

interface Import {
  id: number;
  version: number;
  state: string;
  progress: { phase: string; done: number } | null;
}

/** Seconds that the import of a whole city's meters takes through the API: upload, check, commit; and the progress it told. */
export async function importSeconds(url: string, token: string, owner: Db) {
  const body = await workbook();
  const headers = { authorization: `Bearer ${token}` };
  const progress = new Set<string>();
  const seconds: Record<string, number> = {};
  const send = async (path: string, init: RequestInit): Promise<Import> => {
    const answer = await fetch(`${url}/api/v1/registry-imports${path}`, init);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Import;
  };
  const timed = async (name: string, work: () => Promise<Import>): Promise<Import> => {
    const begun = performance.now();
    const done = await work();
    seconds[name] = (performance.now() - begun) / 1_000;
    return done;
  };
  const step = (name: string, { id, version }: Import) =>
    timed(name, async () => {
      const watch = setInterval(() => {
        send(`/${id}`, { headers }).then(
          ({ progress: told }) => told && progress.add(`${told.phase} ${told.done}`),
          () => undefined,
        );
      }, 250);
      try {
        return await send(`/${id}/${name}`, { method: 'POST', headers: { ...headers, 'if-match': `"${version}"` } });
      } finally {
        clearInterval(watch);
      }
    });
  const octets = { ...headers, 'content-type': 'application/octet-stream' };
  const read = await timed('upload', () =>
    send('?fileName=city.xlsx', { method: 'POST', headers: octets, body: new Uint8Array(body) }),
  );
  const checked = await step('check', read);
  const committed = await step('commit', checked);
  const { rows } = await owner.query<{ n: number }>(
    "select count(*)::int as n from registry.meter where code like 'X-%'",
  );
  if (committed.state !== 'committed' || rows[0]?.n !== METERS)
    throw new Error(`imported ${rows[0]?.n} of ${METERS} meters`);
  const undone = await step('undo', committed);
  if (undone.state !== 'undone') throw new Error('the import was not undone');
  const total = (seconds.upload ?? 0) + (seconds.check ?? 0) + (seconds.commit ?? 0);
  return { importSeconds: total, importParts: seconds, importProgressTold: progress.size, workbookBytes: body.length };
}
