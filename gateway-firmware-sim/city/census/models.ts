import { BOOKED_COUNTER, GanzhiError, type Medium } from '@ganzhi/schemas';
import { TEMPLATES } from '../../firmware/index.ts';

/** What the city needs to know of a meter model: its points with resolution, and where its register returns to zero. */
export interface ModelFacts {
  id: string;
  ratioInMeter: boolean;
  points: readonly { quantity: string; decimals: number; modulus?: number | undefined }[];
}

export type MeteredMedium = Exclude<Medium, 'environment'>;

/**
 * Models that only the in-process transport offers so far: meters of the Chinese buses. DL/T 645 counts six digits and two
 * decimals, CJ/T 188 eight BCD digits of which two are decimals (domain.md §3.1).
 */
const BUS_MODELS: readonly ModelFacts[] = [
  {
    id: 'generic-dlt645-three-phase',
    ratioInMeter: false,
    points: [
      { quantity: 'energy.import', decimals: 2, modulus: 1_000_000 },
      { quantity: 'power', decimals: 4 },
      { quantity: 'voltage.a', decimals: 1 },
      { quantity: 'voltage.b', decimals: 1 },
      { quantity: 'voltage.c', decimals: 1 },
      { quantity: 'current.a', decimals: 3 },
      { quantity: 'current.b', decimals: 3 },
      { quantity: 'current.c', decimals: 3 },
    ],
  },
  {
    id: 'generic-cjt188-water',
    ratioInMeter: true,
    points: [
      { quantity: 'water.volume', decimals: 2, modulus: 1_000_000 },
      { quantity: 'water.flow', decimals: 3 },
    ],
  },
  {
    id: 'generic-cjt188-gas',
    ratioInMeter: true,
    points: [{ quantity: 'gas.volume', decimals: 2, modulus: 1_000_000 }],
  },
  { id: 'generic-cjt188-heat', ratioInMeter: true, points: [{ quantity: 'heat.energy', decimals: 3 }] },
];

const busModels = new Map(BUS_MODELS.map((model) => [model.id, model]));

/**
 * @throws GanzhiError `config-invalid` for a model that neither the firmware nor this list knows
 */
export function modelFacts(id: string): ModelFacts {
  const found = TEMPLATES.get(id) ?? busModels.get(id);
  if (!found) throw new GanzhiError('config-invalid', `Meter model ${id} is unknown to the simulated city`);
  return found;
}

/** The point of a meter's booked counter. */
export function bookedPoint({ template, medium }: { template: string; medium: MeteredMedium }) {
  const { code } = BOOKED_COUNTER[medium];
  return modelFacts(template).points.find(({ quantity }) => quantity === code);
}
