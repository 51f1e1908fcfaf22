/** How a meter stood with an institution, and the days for which it did (`registry.held_meters`). */
export interface Placement {
  /** `-infinity`: from the beginning; text of days orders as the days do. */
  fromDay: string;
  /** Excluded; `infinity`: until further notice. */
  toDay: string;
  role: 'main' | 'sub';
  parentId: number | null;
  /** -1: what it counts flows out and is taken off. */
  sign: 1 | -1;
}

/**
 * The placement in force on a day; undefined when another held the meter then. Text comparison holds for both infinities too
 * ("-" < digits < "i").
 */
export const placementOn = (
  meterId: number,
  placements: ReadonlyMap<number, readonly Placement[]>,
  day: string,
): Placement | undefined => placements.get(meterId)?.find(({ fromDay, toDay }) => fromDay <= day && day < toDay);
