import { CONFIGURATION_STATES, GATEWAY_CODE, RemoteConfiguration } from '@ganzhi/schemas';
import { z } from 'zod';
import { Instant, paging, text } from '../../lib/shapes.ts';

export const GatewayParams = z.strictObject({ code: z.string().regex(GATEWAY_CODE) });
export const ListConfigurations = z.strictObject(paging);

export const CreateConfiguration = z.strictObject({
  configuration: RemoteConfiguration,
  /** The version this one was made from: 0 when there is none. Another one meanwhile is a conflict. */
  basedOn: z.int().min(0),
  note: text(500).optional(),
});

export const ConfigurationItem = z
  .object({
    version: z.int(),
    /** SHA-256 of the text that goes to the gateway. */
    digest: z.string(),
    author: z.string(),
    createdAt: Instant,
    note: z.string().nullable(),
    configuration: z.unknown(),
  })
  .meta({ id: 'GatewayConfiguration' });

export const ConfigurationPage = z.object({
  items: z.array(ConfigurationItem),
  nextCursor: z.string().nullable(),
  /** What the gateway last said; null: it never took one. */
  state: z
    .object({
      version: z.int(),
      state: z.enum(CONFIGURATION_STATES),
      reason: z.string().nullable(),
      /** The version that runs; 0: the gateway's own file. */
      running: z.int(),
      reportedAt: Instant,
    })
    .nullable(),
});
