import { addDays, remainderFormula } from '@ganzhi/analytics/rules';
import { BOOKED_COUNTER, dateText } from '@ganzhi/schemas';
import type { Tx } from '@ganzhi/schemas/db';
import type { ApiModule } from '../../context.ts';
import { notFound, Refusal, wrongField } from '../../errors/refuse.ts';
import { checkedDays } from '../../lib/day.ts';
import { IdParams, NoQuery, problems } from '../../lib/shapes.ts';
import { instantOrNull } from '../../lib/time.ts';
import { WriteHeaders, write } from '../../lib/write.ts';
import { institutionExists } from '../reference/sql.ts';
import { followFamily } from './family.ts';
import { totalOf } from './rules.ts';
import * as shapes from './schema.ts';
import * as sql from './sql.ts';
import { storeFormula } from './store.ts';

const tags = ['virtual-meters'];
const config = { auth: 'user' } as const;

export const virtualMeters: ApiModule = {
  name: 'virtual-meters',
  routes: (api, context) => {
    const { db, clock } = context;

    api.route({
      method: 'GET',
      url: '/virtual-meters',
      config,
      schema: {
        tags,
        operationId: 'listVirtualMeters',
        summary: 'Virtual meters · 虚拟表',
        querystring: shapes.VirtualMeterQuery,
        response: { 200: shapes.VirtualMeterPage, ...problems(400, 401) },
      },
      handler: async ({ query }) => {
        const { rows, nextCursor } = await sql.listVirtualMeters(db, query);
        return { items: [...rows], nextCursor };
      },
    });

    api.route({
      method: 'POST',
      url: '/virtual-meters',
      config,
      schema: {
        tags,
        operationId: 'createVirtualMeter',
        summary: 'Make a virtual meter from a formula, or the unexplained remainder of a meter · 新建虚拟表',
        headers: WriteHeaders,
        querystring: NoQuery,
        body: shapes.NewVirtualMeter,
        response: { 201: shapes.VirtualMeterDetail, ...problems(400, 401, 403, 404, 409) },
      },
      handler: async (request, reply) => {
        const answer = await write(context, request, 'virtual-meter.create', async (tx, actor, now) => {
          const { body } = request;
          if (!(await institutionExists(tx, body.institutionId))) throw notFound();
          const { medium, formula } = body.kind === 'formula' ? body : await remainder(tx, body.parentMeterId);
          const id = await sql.insertVirtualMeter(tx, { ...body, medium }, actor);
          if (id === undefined) throw codeTaken();
          const { validFrom, sourceDocument } = body;
          await storeFormula(tx, { id, code: body.code, medium }, { formula, validFrom, sourceDocument }, actor, now);
          // the family may have been another then
          if (body.kind === 'remainder') await followFamily(tx, body.parentMeterId, body, actor, now);
          return { answer: await detail(tx, id), target: `virtual-meter/${body.code}` };
        });
        return reply.code(201).send(answer);
      },
    });

    api.route({
      method: 'GET',
      url: '/virtual-meters/:id',
      config,
      schema: {
        tags,
        operationId: 'getVirtualMeter',
        summary: 'A virtual meter with its formulas by date · 虚拟表详情',
        params: IdParams,
        querystring: NoQuery,
        response: { 200: shapes.VirtualMeterDetail, ...problems(400, 401, 404) },
      },
      handler: async ({ params: { id } }) => detail(db, id),
    });

    api.route({
      method: 'POST',
      url: '/virtual-meters/:id/formulas',
      config,
      schema: {
        tags,
        operationId: 'createVirtualMeterFormula',
        summary: 'Another formula from a day on · 变更公式',
        headers: WriteHeaders,
        params: IdParams,
        querystring: NoQuery,
        body: shapes.NewFormula,
        response: { 201: shapes.VirtualMeterDetail, ...problems(400, 401, 403, 404, 409) },
      },
      handler: async (request, reply) => {
        const answer = await write(context, request, 'virtual-meter.change', async (tx, actor, now) => {
          const own = await sql.oneVirtualMeter(tx, request.params.id);
          if (!own) throw notFound();
          const before = await detail(tx, own.id);
          await storeFormula(tx, own, request.body, actor, now);
          return { answer: await detail(tx, own.id), target: `virtual-meter/${own.code}`, before };
        });
        return reply.code(201).send(answer);
      },
    });

    api.route({
      method: 'GET',
      url: '/virtual-meters/:id/days',
      config,
      schema: {
        tags,
        operationId: 'getVirtualMeterDays',
        summary: 'Days of a virtual meter, with what is missing · 虚拟表日用量',
        params: IdParams,
        querystring: shapes.DaysQuery,
        response: { 200: shapes.VirtualDays, ...problems(400, 401, 404) },
      },
      handler: async ({ params: { id }, query }) => {
        const to = query.to ?? addDays(dateText(clock()), 1);
        const days = checkedDays({ from: query.from ?? addDays(to, -30), to });
        const own = await sql.oneVirtualMeter(db, id);
        if (!own) throw notFound();
        const known = await sql.daysOf(db, id, days, query.knownOn);
        const watermark = instantOrNull(await sql.currentTo(db, id));
        return { ...totalOf(BOOKED_COUNTER[own.medium].unit, days, known), watermark };
      },
    });
  },
};

/** @throws Refusal `not-found` */
async function detail(db: Parameters<typeof sql.oneVirtualMeter>[0], id: number) {
  const row = await sql.oneVirtualMeter(db, id);
  if (!row) throw notFound();
  return { ...row, formulas: await sql.formulasOf(db, id) };
}

async function remainder(tx: Tx, meterId: number) {
  const family = await sql.familyOf(tx, meterId);
  if (!family) throw notFound();
  if (family.children.length === 0) {
    throw wrongField('parentMeterId', {
      zh: '该表没有下级表计，无法计算不明用量。',
      en: 'This meter has no sub-meters, so nothing can be taken off it.',
    });
  }
  return { medium: family.medium, formula: remainderFormula(family.code, family.children) };
}

const codeTaken = (): Refusal =>
  new Refusal('conflict', {
    zh: '编号已被其他表计使用，请换一个。',
    en: 'Another meter has this code; take a new one.',
  });
