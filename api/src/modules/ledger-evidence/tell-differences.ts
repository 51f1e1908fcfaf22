import { shanghaiText } from '@ganzhi/schemas';
import { type Db, type Tx, withTx } from '@ganzhi/schemas/db';
import { notify } from '../../engines/notification/sql.ts';

/**
 * Tells of nightly proofs that found a difference: one count between ledger and raw readings is a reason for alarm. Told are
 * those who decide about edits of the whole city, and its auditors; while nobody is either, the run waits.
 *
 * @param db sees everything: nobody asks for it
 * @returns how many runs were told of
 */
export async function tellDifferences(db: Db, now: number): Promise<number> {
  return withTx(db, async (tx) => {
    const runs = await untold(tx);
    const to = runs.length === 0 ? [] : await responsible(tx, now);
    if (to.length === 0) return 0;
    for (const run of runs) await notify(tx, messageOf(run, to), now);
    await tx.query('update ledger.conservation_run set told_at = $2 where id = any($1::int4[])', [
      runs.map(({ id }) => id),
      new Date(now),
    ]);
    return runs.length;
  });
}

interface Run {
  id: number;
  finishedAt: number;
  meters: number;
  pendingMarks: number;
  differences: number;
  first: string | null;
}

async function untold(tx: Tx): Promise<Run[]> {
  const { rows } = await tx.query<Run>(
    `select id, finished_at as "finishedAt", meters, pending_marks as "pendingMarks", differences,
       examples -> 0 ->> 'meterCode' as first
     from ledger.conservation_run where differences > 0 and told_at is null
     order by id limit 10 for update skip locked`,
  );
  return rows;
}

/** Persons whose living role over the whole city reviews data or audits. */
async function responsible(tx: Tx, now: number): Promise<number[]> {
  const { rows } = await tx.query<{ id: number }>(
    `select distinct u.id from platform.app_user u
     cross join lateral platform.rights_of(u.id, $1) r
     join platform.assignment a on a.id = r.assignment_id and a.whole_city
     where u.enabled and u.kind = 'person' and (r.permission = 'data.review' or r.role_code = 'auditor') order by u.id`,
    [new Date(now)],
  );
  return rows.map(({ id }) => id);
}

function messageOf({ id, finishedAt, meters, pendingMarks, differences, first }: Run, to: readonly number[]) {
  const at = shanghaiText(finishedAt).slice(0, 16).replace('T', ' ');
  const waiting = {
    zh: pendingMarks > 0 ? `核对时尚有 ${pendingMarks} 处数据待重算，部分差异可能随之消失。` : '',
    en: pendingMarks > 0 ? ` ${pendingMarks} marks still waited then: some may go with them.` : '',
  };
  return {
    to,
    kind: 'ledger.difference',
    subject: `conservation-run/${id}`,
    urgent: true,
    title: { zh: '台账与原始读数不一致', en: 'The ledger differs from the raw readings' },
    text: {
      zh: `${at} 夜间核对 ${meters} 个计量点，发现 ${differences} 处差异，例如计量点 ${first ?? '-'}。${waiting.zh}明细见 /conservation-runs；请先运行 ganzhi check 复核，再查明是谁、因何改动。`,
      en: `The proof of ${at} over ${meters} registers found ${differences} differences, meter ${first ?? '-'} among them.${waiting.en} See /conservation-runs; run "ganzhi check" and find out who changed what.`,
    },
  };
}
