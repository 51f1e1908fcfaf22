import { HOUR, hourStart, parseInstant } from '@ganzhi/schemas';
import type { Tx } from '@ganzhi/schemas/db';
import type { z } from 'zod';
import type { BothLanguages } from '../../errors/refuse.ts';
import { Day } from '../../lib/day.ts';
import { type Column, readTable, type TableRow } from '../../lib/table-file.ts';
import { billFault } from './rules.ts';
import { type ImportResult, Money, Quantity } from './schema.ts';
import * as sql from './sql.ts';

type Errors = z.infer<typeof ImportResult>['errors'];

const column = (name: string, headings: string[], required = true): Column => ({ name, headings, required });

const BILL_COLUMNS = [
  column('accountNo', ['户号', '账号', 'account', 'accountno']),
  column('carrier', ['能源品种', '品种', 'carrier']),
  column('from', ['起始日', '起始日期', 'from']),
  column('to', ['终止日', '终止日期', 'to']),
  column('quantity', ['数量', '用量', 'quantity']),
  column('costCny', ['金额', '费用', 'cost', 'costcny'], false),
  column('documentRef', ['单据', '单据号', 'document', 'documentref']),
  column('explanation', ['说明', 'explanation'], false),
];

/** The bills of a file, or what is wrong with it cell by cell. Accounts named in it are locked. */
export async function readBills(tx: Tx, format: 'csv' | 'xlsx', content: string) {
  const rows = await readTable(format, content, BILL_COLUMNS);
  const errors: Errors = [];
  const accounts = await sql.accountsByNumber(tx, [...new Set(rows.map(({ cells }) => cells.accountNo ?? ''))]);
  for (const { id } of accounts) await sql.lockAccount(tx, id);
  const known = Map.groupBy(
    await sql.billsOf(
      tx,
      accounts.map(({ id }) => id),
    ),
    ({ accountId }) => accountId,
  );
  const bills: sql.BillValues[] = [];
  for (const row of rows) {
    const {
      accountNo = '',
      carrier = '',
      from = '',
      to = '',
      quantity = '',
      costCny = '',
      documentRef = '',
    } = row.cells;
    const account = accounts.find((one) => one.accountNo === accountNo && one.carrier === carrier);
    const before = errors.length;
    const need = (ok: boolean, name: string, words: BothLanguages) => {
      if (!ok) errors.push({ line: row.line, column: name, ...words });
    };
    need(account !== undefined, 'accountNo', {
      zh: '没有此户号与品种的账户，请先登记。',
      en: 'No account has this number and carrier; register it first.',
    });
    need(Day.safeParse(from).success, 'from', DAY_WORDS);
    need(Day.safeParse(to).success && to > from, 'to', DAY_WORDS);
    need(Quantity.safeParse(quantity).success, 'quantity', NUMBER_WORDS);
    need(costCny === '' || Money.safeParse(costCny).success, 'costCny', NUMBER_WORDS);
    need(documentRef !== '' && documentRef.length <= 200, 'documentRef', {
      zh: '请填写单据号，最长 200 字。',
      en: 'Name the document, 200 characters at most.',
    });
    if (!account || errors.length > before) continue;
    const bill: sql.BillValues = {
      accountId: account.id,
      from,
      to,
      quantity,
      costCny: costCny || null,
      documentRef,
      explanation: row.cells.explanation?.slice(0, 500) || null,
    };
    const others = known.get(account.id) ?? [];
    const fault = billFault(bill, account, others);
    if (fault) errors.push({ line: row.line, column: fault.field, zh: fault.zh, en: fault.en });
    // rows of one file must not overlap each other either
    known.set(account.id, [...others, { id: 0n, accountId: account.id, fromDay: from, toDay: to, quantity }]);
    bills.push(bill);
  }
  return { rows: rows.length, bills, errors };
}

const DAY_WORDS = {
  zh: '请写日期如 2026-01-31，终止日须晚于起始日。',
  en: 'Write a day as 2026-01-31; "to" must be later than "from".',
};
const NUMBER_WORDS = { zh: '请写不带单位和千分位的数字。', en: 'Write a number without unit or thousands separator.' };

const SERIES_COLUMNS = [column('hour', ['时间', 'hour', 'time']), column('quantity', ['数量', '用量', 'quantity'])];

/** Hours of a file: Shanghai time without zone, or RFC 3339. */
export async function readHours(format: 'csv' | 'xlsx', content: string) {
  const rows = await readTable(format, content, SERIES_COLUMNS);
  const errors: Errors = [];
  const seen = new Set<number>();
  const hours = rows.flatMap((row) => {
    const hour = hourOf(row);
    const quantity = row.cells.quantity ?? '';
    if (hour === undefined || hour !== hourStart(hour) || seen.has(hour)) {
      errors.push({
        line: row.line,
        column: 'hour',
        zh: '请写整点时间如 2025-01-01 08:00，且不得重复。',
        en: 'Write a whole hour as 2025-01-01 08:00, each once only.',
      });
      return [];
    }
    seen.add(hour);
    if (Quantity.safeParse(quantity).success) return [{ hour, quantity }];
    errors.push({ line: row.line, column: 'quantity', ...NUMBER_WORDS });
    return [];
  });
  return { rows: rows.length, hours, errors };
}

function hourOf({ cells }: TableRow): number | undefined {
  const text = (cells.hour ?? '').replace(/^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2})(:\d{2})?$/, '$1T$2:00+08:00');
  const at = parseInstant(text);
  return at === undefined || at % HOUR !== 0 ? undefined : at;
}
