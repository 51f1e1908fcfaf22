import { GanzhiError, MeterTemplate } from '@ganzhi/schemas';
import { acrelDtsd1352 } from './acrel-dtsd1352.ts';
import { eastronSdm630 } from './eastron-sdm630.ts';
import { opcfoundationEcm } from './opcfoundation-ecm.ts';
import { schneiderIem3000 } from './schneider-iem3000.ts';
import type { MeterTemplateData } from './shape.ts';

/** Every meter model the firmware knows: one file, one line here. */
const LISTED: readonly MeterTemplateData[] = [acrelDtsd1352, eastronSdm630, opcfoundationEcm, schneiderIem3000];

export const TEMPLATES: ReadonlyMap<string, MeterTemplate> = register(LISTED);

/**
 * The template with this id.
 *
 * @throws GanzhiError `config-invalid` naming the known ids
 */
export function templateById(id: string): MeterTemplate {
  const found = TEMPLATES.get(id);
  if (!found)
    throw new GanzhiError('config-invalid', `Template ${id} is unknown; known: ${[...TEMPLATES.keys()].join(', ')}`);
  return found;
}

/** Parses and indexes templates; a template or a quantity that stands twice throws. */
export function register(data: readonly MeterTemplateData[]): Map<string, MeterTemplate> {
  const byId = new Map<string, MeterTemplate>();
  for (const item of data) {
    const template = MeterTemplate.parse(item);
    if (byId.has(template.id)) throw new Error(`Template ${template.id} is listed twice`);
    const quantities = new Set(template.points.map((point) => point.quantity));
    if (quantities.size !== template.points.length) throw new Error(`Template ${template.id} maps a quantity twice`);
    byId.set(template.id, template);
  }
  return byId;
}
