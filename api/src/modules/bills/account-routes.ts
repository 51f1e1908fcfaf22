import type { Tx } from '@ganzhi/schemas/db';
import type { ApiModule } from '../../context.ts';
import { notFound, Refusal } from '../../errors/refuse.ts';
import { IdParams, NoQuery, problems } from '../../lib/shapes.ts';
import { IfMatch, stale, wantedVersion } from '../../lib/version.ts';
import { WriteHeaders, write } from '../../lib/write.ts';
import { institutionExists } from '../reference/sql.ts';
import { checkCarrier } from './carrier.ts';
import * as shapes from './schema.ts';
import * as sql from './sql.ts';

const tags = ['bills'];
const config = { auth: 'user', data: 'registry' } as const;

/** Accounts with suppliers: entered, corrected, closed. */
export const accountRoutes: ApiModule['routes'] = (api, context) => {
  const { db } = context;

  api.route({
    method: 'GET',
    url: '/utility-accounts',
    config,
    schema: {
      tags,
      operationId: 'listUtilityAccounts',
      summary: 'Accounts with suppliers · 用能账户',
      querystring: shapes.AccountQuery,
      response: { 200: shapes.AccountPage, ...problems(400, 401) },
    },
    handler: async ({ query }) => {
      const { rows, nextCursor } = await sql.listAccounts(db, query);
      return { items: [...rows], nextCursor };
    },
  });

  api.route({
    method: 'POST',
    url: '/utility-accounts',
    config,
    schema: {
      tags,
      operationId: 'createUtilityAccount',
      summary: 'Register an account · 登记用能账户',
      headers: WriteHeaders,
      querystring: NoQuery,
      body: shapes.NewAccount,
      response: { 201: shapes.Account, ...problems(400, 401, 403, 404, 409) },
    },
    handler: async (request, reply) => {
      const answer = await write(context, request, 'utility-account.create', async (tx, actor) => {
        const { body } = request;
        if (!(await institutionExists(tx, body.institutionId))) throw notFound();
        await checkCarrier(tx, body.carrier);
        const row = await sql.insertAccount(tx, body, actor);
        if (!row) throw accountTaken();
        return { answer: row, target: `utility-account/${row.id}` };
      });
      return reply.code(201).send(answer);
    },
  });

  api.route({
    method: 'PATCH',
    url: '/utility-accounts/:id',
    config,
    schema: {
      tags,
      operationId: 'updateUtilityAccount',
      summary: 'Correct an account; needs If-Match · 修改用能账户',
      headers: IfMatch,
      params: IdParams,
      querystring: NoQuery,
      body: shapes.AccountPatch,
      response: { 200: shapes.Account, ...problems(400, 401, 403, 404, 409, 412) },
    },
    handler: async (request) => {
      const version = wantedVersion(request.headers['if-match']);
      return write(context, request, 'utility-account.update', async (tx) => {
        const before = await openAccount(tx, request.params.id, version);
        const { body } = request;
        const recounted = (['purpose', 'counting'] as const).find(
          (field) => (body[field] ?? before[field]) !== before[field],
        );
        if (recounted && (await sql.billsOf(tx, [before.id])).length > 0) throw counted(recounted);
        await sql.updateAccount(tx, before, body);
        return { answer: await account(tx, before.id), target: `utility-account/${before.id}`, before };
      });
    },
  });

  api.route({
    method: 'POST',
    url: '/utility-accounts/:id/closure',
    config,
    schema: {
      tags,
      operationId: 'closeUtilityAccount',
      summary: 'Close an account; its bills stay; needs If-Match · 销户',
      headers: IfMatch,
      params: IdParams,
      querystring: NoQuery,
      body: shapes.CloseAccount,
      response: { 200: shapes.Account, ...problems(400, 401, 403, 404, 409, 412) },
    },
    handler: async (request) => {
      const version = wantedVersion(request.headers['if-match']);
      return write(context, request, 'utility-account.close', async (tx) => {
        const before = await openAccount(tx, request.params.id, version);
        const { on, reason } = request.body;
        const beyond = (await sql.billsOf(tx, [before.id])).find(({ toDay }) => toDay > on);
        if (beyond) throw billedBeyond(beyond, on);
        await sql.closeAccount(tx, before.id, on, reason);
        return { answer: await account(tx, before.id), target: `utility-account/${before.id}`, before };
      });
    },
  });
};

async function account(tx: Tx, id: number) {
  const found = await sql.lockAccount(tx, id);
  if (!found) throw notFound();
  return found;
}

/** @throws Refusal `not-found`, `stale-version`, or `conflict` for one that is closed */
async function openAccount(tx: Tx, id: number, version: number) {
  const found = await account(tx, id);
  if (found.version !== version) throw stale();
  if (!found.closed) return found;
  throw new Refusal('conflict', {
    zh: `该账户已于 ${found.closed.on} 销户，只保留历史，不能再修改。`,
    en: `The account was closed on ${found.closed.on}; its history is kept and it changes no more.`,
  });
}

const accountTaken = (): Refusal =>
  new Refusal('conflict', {
    zh: '该品种下已登记此户号。',
    en: 'An account with this number is registered for this carrier.',
  });

/** What its bills count as would change for months that may be closed. */
const counted = (path: string): Refusal =>
  new Refusal(
    'conflict',
    {
      zh: '该账户已有账单，用途和计入方式不能修改，否则历史数据会随之改变；请销户后另行登记。',
      en: 'The account has bills: another purpose or way of counting would change the past. Close it and register a new one.',
    },
    { fields: [{ path, code: 'in-use', message: path }] },
  );

const billedBeyond = ({ fromDay, toDay }: sql.BillSpan, on: string): Refusal =>
  new Refusal('conflict', {
    zh: `已有账期为 ${fromDay} 至 ${toDay} 的账单，晚于销户日 ${on}；请更正日期或先作废该账单。`,
    en: `A bill of ${fromDay} to ${toDay} reaches beyond ${on}; choose a later day or void that bill first.`,
  });
