import type { ApiModule } from '../../context.ts';
import { notFound, Refusal, wrongField } from '../../errors/refuse.ts';
import { IdParams, NoQuery, problems } from '../../lib/shapes.ts';
import { WriteHeaders, write } from '../../lib/write.ts';
import { findingsOf, readingOf, sameRegister } from './rules.ts';
import { CheckReading, ManualReading, NewReading, ReadingPage, ReadingQuery } from './schema.ts';
import * as sql from './sql.ts';

const tags = ['manual-readings'];
const config = { auth: 'user' } as const;

export const manualReadings: ApiModule = {
  name: 'manual-readings',
  routes: (api, context) => {
    const { db } = context;

    api.route({
      method: 'GET',
      url: '/manual-readings',
      config,
      schema: {
        tags,
        operationId: 'listManualReadings',
        summary: 'Registers read by persons · 人工抄表',
        querystring: ReadingQuery,
        response: { 200: ReadingPage, ...problems(400, 401) },
      },
      handler: async ({ query }) => {
        const { rows, nextCursor } = await sql.listManualReadings(db, query);
        return { items: rows.map(readingOf), nextCursor };
      },
    });

    api.route({
      method: 'POST',
      url: '/manual-readings',
      config,
      schema: {
        tags,
        operationId: 'createManualReading',
        summary: 'Enter the register of a meter that no gateway reads · 录入人工抄表',
        headers: WriteHeaders,
        querystring: NoQuery,
        body: NewReading,
        response: { 201: ManualReading, ...problems(400, 401, 403, 404, 409) },
      },
      handler: async (request, reply) => {
        const answer = await write(context, request, 'manual-reading.create', async (tx, actor, now) => {
          const { body } = request;
          const meter = await sql.offlineMeter(tx, body.meterId);
          if (!meter) throw notFound();
          if (meter.gatewayId !== null) throw online();
          if (body.at > now) throw wrongField('at', { zh: '抄表时间不能晚于现在。', en: '"at" lies in the future.' });
          const findings = findingsOf(
            { ts: body.at, register: body.register },
            await sql.registersOf(tx, body.meterId),
          );
          if (findings.length > 0 && body.explanation === null) {
            const list = findings.map(({ kind, detail }) => `${kind}: ${detail}`).join('; ');
            throw wrongField('explanation', {
              zh: `该读数异常（${list}）。请核对照片；如确属实，请填写说明。`,
              en: `This reading is unusual (${list}). Look at the photo again; if it is right, say why.`,
            });
          }
          const id = await sql.insertReading(tx, body, findings, actor, now);
          const row = await sql.oneReading(tx, id);
          if (!row) throw notFound();
          return { answer: readingOf(row), target: `manual-reading/${id}` };
        });
        return reply.code(201).send(answer);
      },
    });

    api.route({
      method: 'POST',
      url: '/manual-readings/:id/check',
      config,
      schema: {
        tags,
        operationId: 'checkManualReading',
        summary: 'A second person enters the register again, or rejects it · 复核抄表',
        headers: WriteHeaders,
        params: IdParams,
        querystring: NoQuery,
        body: CheckReading,
        response: { 200: ManualReading, ...problems(400, 401, 403, 404, 409) },
      },
      handler: async (request) =>
        write(context, request, 'manual-reading.check', async (tx, actor, now) => {
          const before = await sql.oneReading(tx, request.params.id, true);
          if (!before) throw notFound();
          if (before.state !== 'waiting') throw decided();
          if (before.enteredBy === actor) throw samePerson();
          const { body } = request;
          if (body.decision === 'confirm' && !sameRegister(body.register, before.register)) {
            throw wrongField('register', {
              zh: '两次录入的读数不一致。请核对照片；若首次录入有误，请驳回后重新录入。',
              en: 'The two entries differ. Look at the photo; if the first is wrong, reject it and enter it again.',
            });
          }
          await sql.decide(tx, before.id, body.decision === 'confirm' ? 'confirmed' : 'rejected', actor, now);
          const row = await sql.oneReading(tx, before.id);
          if (!row) throw notFound();
          return { answer: readingOf(row), target: `manual-reading/${before.id}`, before: readingOf(before) };
        }),
    });
  },
};

const online = (): Refusal =>
  new Refusal('conflict', {
    zh: '该表由网关自动采集，不能人工抄表；数据有误请走数据修正流程。',
    en: 'A gateway reads this meter; to correct its data, use an edit of the ledger.',
  });
const decided = (): Refusal =>
  new Refusal('conflict', { zh: '该读数已复核。', en: 'This reading was checked before.' });
const samePerson = (): Refusal =>
  new Refusal('forbidden', {
    zh: '复核须由另一人完成。',
    en: 'The check must be made by another person than the one who entered it.',
  });
