import { addDays, convert, rational } from '@ganzhi/analytics/rules';
import { shanghaiText } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import type { z } from 'zod';
import type { Reference } from '../../energy/reference.ts';
import type { Days } from '../../lib/day.ts';
import { roomOf } from '../indicators/data-centre.ts';
import { type Choice, type Figures, factorTable, usesOf } from '../indicators/rules.ts';
import { dataCentre } from '../indicators/sql.ts';
import { DEFINITIONS, type Indicator, meterLinks } from './rules.ts';
import type { IndicatorExplanation, Source } from './schema.ts';
import { billDocuments, factorsById, heldDays, type SourceRow, sourcesOf } from './sql.ts';

type Answer = z.infer<typeof IndicatorExplanation>;
type Body = Omit<Answer, 'institutionId' | 'indicator' | 'from' | 'to' | 'closedAt'>;

/** An indicator down to its factors and sources. The figures are those of the indicators' own route. */
export async function explainIndicator(
  db: Db,
  id: number,
  indicator: Indicator,
  asked: { days: Days; choice: Choice; figures: Figures; reference: Reference },
): Promise<Body> {
  const { days, choice, figures, reference } = asked;
  const definition = DEFINITIONS[indicator];
  const sources = await sourcesOf(db, id, days, choice.knownOn);
  const describe = await describer(db, id, sources, days, choice.knownOn);
  const conversions = convert(
    usesOf(sources),
    reference.carriers,
    factorTable(reference, choice),
    addDays(days.to, -1),
  );
  const factors = await factorsById(
    db,
    conversions.flatMap(({ versions }) => versions),
  );
  const terms = conversions.flatMap(({ carrier, vehicle: isVehicle, quantity, kgce, kgCo2, versions }) => {
    const purpose = isVehicle ? ('vehicle' as const) : ('building' as const);
    const term = {
      carrier,
      isVehicle,
      quantity: rational.toNumber(quantity),
      kgce: kgce && rational.toNumber(kgce),
      carbonKg: kgCo2 && rational.toNumber(kgCo2),
    };
    const contribution = definition.contribution(term);
    if (contribution === undefined) return [];
    return [
      {
        carrier,
        purpose,
        unit: reference.carriers.find(({ code }) => code === carrier)?.unit ?? '',
        quantity: term.quantity,
        kgce: term.kgce,
        carbonKg: term.carbonKg,
        contribution,
        factors: versions.flatMap((version) => {
          const factor = factors.get(version);
          return factor ? [{ ...factor, recordedAt: shanghaiText(factor.recordedAt) }] : [];
        }),
        sources: sources.filter((one) => one.carrier === carrier && one.purpose === purpose).map(describe),
      },
    ];
  });
  const numerator = terms.map(({ contribution }) => rational.decimal(contribution.toFixed(6)));
  return {
    formula: definition.formula,
    unit: definition.unit,
    value: definition.value(figures),
    numerator: terms.length === 0 ? null : rational.toNumber(rational.sum(numerator)),
    denominator: definition.by && figures[definition.by],
    denominatorVersions: definition.by && figures.versions[definition.by === 'areaM2' ? 'area' : 'persons'],
    atLeast: figures.atLeast,
    missing: figures.missing,
    terms,
  };
}

/** Electricity of data rooms by that of their IT, meter by meter. */
export async function explainRoom(db: Db, id: number, days: Days, over: string, knownOn?: number): Promise<Body> {
  const meters = await dataCentre(db, id, days, over, knownOn);
  const room = roomOf(meters);
  const sources = meters.flatMap(({ meterId, code, energy, purpose }) =>
    energy === null
      ? []
      : [
          {
            purpose,
            source: {
              kind: 'meter' as const,
              id: meterId,
              name: code,
              class: 'measured' as const,
              quantity: Number(energy),
            },
          },
        ],
  );
  const part = (purpose: 'data-centre' | 'it', sum: number | null | undefined) => ({
    carrier: `electricity (${purpose})`,
    purpose: 'building' as const,
    unit: 'kWh',
    quantity: sum ?? 0,
    kgce: null,
    carbonKg: null,
    contribution: sum ?? 0,
    factors: [],
    sources: sources
      .filter((one) => one.purpose === purpose)
      .map(({ source }) => ({
        ...source,
        ...days,
        links: meterLinks(source.id, days.from, days.to, addDays(days.from, 1), knownOn),
        document: null,
      })),
  });
  return {
    formula: {
      zh: 'PUE = 数据中心总用电 ÷ IT 设备用电',
      en: 'PUE = electricity of the data rooms / electricity of their IT',
    },
    unit: '1',
    value: room?.powerUsageEffectiveness ?? null,
    numerator: room?.totalKwh ?? null,
    denominator: room?.itKwh ?? null,
    denominatorVersions: null,
    atLeast: room?.atLeast ?? false,
    missing: room?.missing ?? [],
    terms: room ? [part('data-centre', room.totalKwh), part('it', room.itKwh)] : [],
  };
}

async function describer(db: Db, id: number, sources: readonly SourceRow[], days: Days, knownOn: number | undefined) {
  const held = new Map((await heldDays(db, id, days, knownOn)).map((one) => [one.id, one]));
  const documents = await billDocuments(
    db,
    sources.flatMap(({ source, ref }) => (source === 'bill' ? [ref] : [])),
  );
  return ({ source: kind, ref, name, class: known, quantity }: SourceRow): z.infer<typeof Source> => {
    const isMeter = kind === 'meter' || kind === 'forwarded';
    const { from, to } = (isMeter ? held.get(Number(ref)) : undefined) ?? days;
    const links = isMeter
      ? meterLinks(Number(ref), from, to, addDays(from, 1), knownOn)
      : kind === 'allocation'
        ? [`/api/v1/meters/${ref}/allocation-rules`]
        : [];
    return {
      kind,
      id: Number(ref),
      name,
      class: known,
      quantity: Number(quantity),
      from: isMeter ? from : null,
      to: isMeter ? to : null,
      links,
      document: kind === 'bill' ? (documents.get(String(ref)) ?? null) : null,
    };
  };
}
