import { BOOKED_COUNTER, DAY, shanghaiText } from '@ganzhi/schemas';
import type { ApiModule } from '../../context.ts';
import { notFound } from '../../errors/refuse.ts';
import { IdParams, NoQuery, problems } from '../../lib/shapes.ts';
import { institutionExists } from '../reference/sql.ts';
import { decisionOf, explainedSpan, explainInstitution, explainMeter, restatementOf } from './answers.ts';
import { listRuns, runOf } from './runs.ts';
import * as shapes from './schema.ts';
import * as sql from './sql.ts';

const tags = ['ledger-evidence'];
const config = { auth: 'user' } as const;
const LONGEST_SUM_MS = 366 * DAY;
const USUAL_LOOK_BACK_MS = 30 * DAY;

/** Why a figure is what it is, since when, and what it was before. */
export const ledgerEvidence: ApiModule = {
  name: 'ledger-evidence',
  routes: (api, { db, clock }) => {
    api.route({
      method: 'GET',
      url: '/register-decisions',
      config,
      schema: {
        tags,
        operationId: 'listRegisterDecisions',
        summary: 'What the classifier decided about registers, with evidence · 读数判定',
        querystring: shapes.ListDecisions,
        response: { 200: shapes.DecisionPage, ...problems(400, 401) },
      },
      handler: async ({ query }) => {
        const { limit, cursor, ...filter } = query;
        const { rows, nextCursor } = await sql.listDecisions(db, filter, { limit, cursor });
        const items = rows.map((row) => ({ meterId: row.meter_id, meterCode: row.meter_code, ...decisionOf(row) }));
        return { items, nextCursor };
      },
    });

    api.route({
      method: 'GET',
      url: '/meters/:id/explanation',
      config,
      schema: {
        tags,
        operationId: 'explainMeter',
        summary: 'A figure of a meter down to readings, batches and gateway · 数据溯源',
        params: IdParams,
        querystring: shapes.ExplainQuery,
        response: { 200: shapes.MeterExplanation, ...problems(400, 401, 404) },
      },
      handler: async ({ params, query }) => {
        const span = explainedSpan(query, clock());
        const { knownOn } = query;
        const meter = await sql.meterFigure(db, params.id, span.from, span.to, knownOn);
        if (!meter) throw notFound();
        return explainMeter(db, meter, { ...span, knownOn });
      },
    });

    api.route({
      method: 'GET',
      url: '/institutions/:id/explanation',
      config,
      schema: {
        tags,
        operationId: 'explainInstitution',
        summary: 'A figure of an institution, meter by meter · 机构数据溯源',
        params: IdParams,
        querystring: shapes.InstitutionExplainQuery,
        response: { 200: shapes.InstitutionExplanation, ...problems(400, 401, 404) },
      },
      handler: async ({ params, query }) => {
        const { from, to } = explainedSpan(query, clock(), LONGEST_SUM_MS);
        if (!(await institutionExists(db, params.id))) throw notFound();
        const meters = await sql.institutionFigures(db, params.id, query.medium, { from, to, knownOn: query.knownOn });
        return {
          institutionId: params.id,
          from: shanghaiText(from),
          to: shanghaiText(to),
          unit: BOOKED_COUNTER[query.medium].unit,
          ...explainInstitution(meters),
        };
      },
    });

    api.route({
      method: 'GET',
      url: '/ledger-restatements',
      config,
      schema: {
        tags,
        operationId: 'listLedgerRestatements',
        summary: 'Days whose figures changed since an instant, by how much and why · 数据更正清单',
        querystring: shapes.ListRestatements,
        response: { 200: shapes.RestatementPage, ...problems(400, 401) },
      },
      handler: async ({ query }) => {
        const { limit, cursor, since = clock() - USUAL_LOOK_BACK_MS, ...filter } = query;
        const { rows, nextCursor } = await sql.listRestatements(db, { since, ...filter }, { limit, cursor });
        return { items: rows.map(restatementOf), nextCursor };
      },
    });

    api.route({
      method: 'GET',
      url: '/ledger-state',
      config,
      schema: {
        tags,
        operationId: 'getLedgerState',
        summary: 'How current the ledger is, and when it was last proved · 台账状态',
        querystring: NoQuery,
        response: { 200: shapes.LedgerState, ...problems(400, 401) },
      },
      handler: async () => {
        const { watermarks, proof } = await sql.ledgerState(db);
        return {
          watermarks: watermarks.map(({ level, newest_ts: newest, waiting, at }) => ({
            level,
            newest: shanghaiText(newest),
            waiting: Number(waiting),
            at: shanghaiText(at),
          })),
          lastProof: proof
            ? {
                startedAt: shanghaiText(proof.started_at),
                finishedAt: shanghaiText(proof.finished_at),
                meters: proof.meters,
                pendingMarks: proof.pending_marks,
                differences: proof.differences,
              }
            : null,
        };
      },
    });

    api.route({
      method: 'GET',
      url: '/conservation-runs',
      config,
      schema: {
        tags,
        operationId: 'listConservationRuns',
        summary: 'Nightly proofs of the ledger from raw readings, latest first, with their differences · 台账核对记录',
        querystring: shapes.ListRuns,
        response: { 200: shapes.RunPage, ...problems(400, 401) },
      },
      handler: async ({ query }) => {
        const { rows, nextCursor } = await listRuns(db, query);
        return { items: rows.map(runOf), nextCursor };
      },
    });
  },
};
