import type { ApiModule } from '../../context.ts';
import { readReference } from '../../energy/reference.ts';
import { notFound } from '../../errors/refuse.ts';
import { dayInstant } from '../../lib/day.ts';
import { IdParams, NoQuery, problems } from '../../lib/shapes.ts';
import { consumptionAnswer, readFigures, wantedSpan } from '../consumption/read.ts';
import { Consumption, ConsumptionQuery } from '../consumption/schema.ts';
import { checkedChoice, wantedDays } from '../indicators/read.ts';
import { IndicatorQuery } from '../indicators/schema.ts';
import { institutionExists } from '../reference/sql.ts';
import { buildingIndicators, type MediumFigures } from './indicators.ts';
import { BuildingIndicators, Buildings } from './schema.ts';
import { buildingMeters, buildingsOf, oneBuilding } from './sql.ts';

const tags = ['buildings'];
const config = { auth: 'user' } as const;
const MEDIA = ['electricity', 'water', 'gas', 'heat'] as const;

/** The level between institution and item. Buildings are entered by registry files. */
export const buildings: ApiModule = {
  name: 'buildings',
  routes: (api, { db, clock }) => {
    api.route({
      method: 'GET',
      url: '/institutions/:id/buildings',
      config,
      schema: {
        tags,
        operationId: 'listBuildings',
        summary: 'Buildings of an institution · 机构建筑',
        params: IdParams,
        querystring: NoQuery,
        response: { 200: Buildings, ...problems(400, 401, 404) },
      },
      handler: async ({ params: { id } }) => {
        if (!(await institutionExists(db, id))) throw notFound();
        const rows = await buildingsOf(db, id);
        return { items: rows.map((row) => ({ ...row, areaM2: row.areaM2 === null ? null : Number(row.areaM2) })) };
      },
    });

    api.route({
      method: 'GET',
      url: '/buildings/:id/consumption',
      config,
      schema: {
        tags,
        operationId: 'getBuildingConsumption',
        summary: 'Consumption of a building by hour, day or month · 建筑用能',
        params: IdParams,
        querystring: ConsumptionQuery,
        response: { 200: Consumption, ...problems(400, 401, 404) },
      },
      handler: async ({ params, query }) => {
        const { grain, medium, knownOn } = query;
        const building = await oneBuilding(db, params.id);
        if (!building) throw notFound();
        const span = wantedSpan(query, clock());
        const meters = await buildingMeters(db, building, medium, span, knownOn);
        const figures = await readFigures(db, meters, grain, span, knownOn ?? clock(), knownOn);
        return consumptionAnswer(figures, { grain, span, medium });
      },
    });

    api.route({
      method: 'GET',
      url: '/buildings/:id/indicators',
      config,
      schema: {
        tags,
        operationId: 'getBuildingIndicators',
        summary: 'Energy, carbon and intensities of a building · 建筑能耗指标',
        params: IdParams,
        querystring: IndicatorQuery,
        response: { 200: BuildingIndicators, ...problems(400, 401, 404) },
      },
      handler: async ({ params, query }) => {
        const building = await oneBuilding(db, params.id);
        if (!building) throw notFound();
        const { knownOn } = query;
        const reference = await readReference(db);
        const choice = checkedChoice(query, reference);
        const days = wantedDays(query, clock());
        const span = { start: dayInstant(days.from), end: dayInstant(days.to) };
        const media: MediumFigures[] = [];
        for (const medium of MEDIA) {
          const meters = await buildingMeters(db, building, medium, span, knownOn);
          const figures = await readFigures(db, meters, 'day', span, knownOn ?? clock(), knownOn);
          media.push({ medium, meters: meters.length, figures });
        }
        return buildingIndicators(building, media, reference, days, choice);
      },
    });
  },
};
