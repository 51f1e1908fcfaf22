import type { TypeCode } from '../population/catalogue.ts';
import { type CityMeter, PARTS } from '../population/metering.ts';
import type { MeteredMedium } from './models.ts';

/** What a use of energy or water follows: the parts of electricity, and one shape for each other medium. */
export const FLOW_PARTS = [...PARTS, 'water', 'gas', 'heat'] as const;
export type FlowPart = (typeof FLOW_PARTS)[number];

/** What flows through a meter: shares of an institution's year, by part. */
export interface Flow {
  institutionCode: string;
  typeCode: TypeCode;
  /** Of the whole institution, in the unit of the medium's booked counter. */
  annual: number;
  parts: Readonly<Partial<Record<FlowPart, number>>>;
}

/** A meter of the whole city; any medium. */
export interface CensusMeter extends Omit<CityMeter, 'load'> {
  medium: MeteredMedium;
  flow: Flow;
}

/** Mean of the flow over a year, unit per hour, primary side. */
export const meanPerHour = ({ annual, parts }: Flow): number =>
  (annual * Object.values(parts).reduce((sum, share) => sum + share, 0)) / 8_760;
