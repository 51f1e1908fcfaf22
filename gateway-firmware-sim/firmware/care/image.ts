import { z } from 'zod';
import type { Harvest } from '../outbox/index.ts';

/**
 * What an image does on the simulated gateway. A real gateway boots the bytes; here a JSON image says how it misbehaves, so that
 * roll-outs can be tried, and any other bytes behave well.
 */
const SimulatedImage = z.object({
  kind: z.literal('ganzhi-simulated-firmware'),
  /** Share of the readings that it loses, 0 to 1. */
  loses: z.number().min(0).max(1).default(0),
  /** Does not come up at all. */
  crashes: z.boolean().default(false),
});

export interface ImageBehaviour {
  crashes: boolean;
  /** A harvest as this image passes it on. */
  pass(harvest: Harvest): Harvest;
}

export function behaviourOf(image: Buffer | undefined): ImageBehaviour {
  const { loses, crashes } = parsed(image) ?? { loses: 0, crashes: false };
  let seen = 0;
  return {
    crashes,
    pass: (harvest) => ({
      ...harvest,
      readings: harvest.readings.filter(() => {
        // evenly spread, the same in every run
        seen += 1;
        return Math.floor(seen * loses) === Math.floor((seen - 1) * loses);
      }),
    }),
  };
}

function parsed(image: Buffer | undefined): z.infer<typeof SimulatedImage> | undefined {
  try {
    return image && SimulatedImage.safeParse(JSON.parse(image.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
