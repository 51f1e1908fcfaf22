import { BOOKED_COUNTER, type Medium } from '@ganzhi/schemas';
import { templateById } from '../../firmware/index.ts';

export type MeteredMedium = Exclude<Medium, 'environment'>;

/** The template's point of a meter's booked counter. */
export function bookedPoint({ template, medium }: { template: string; medium: MeteredMedium }) {
  const { code } = BOOKED_COUNTER[medium];
  return templateById(template).points.find(({ quantity }) => quantity === code);
}
