import type { MeterTemplate } from '@ganzhi/schemas';
import type { z } from 'zod';

/** What a template file writes down: the shape of schemas with its defaults left out. */
export type MeterTemplateData = z.input<typeof MeterTemplate>;
