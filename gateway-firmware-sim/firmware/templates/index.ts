import { GanzhiError, type MeterTemplate } from '@ganzhi/schemas';
import { acrelAdw300 } from './acrel-adw300.ts';
import { acrelDtsd1352 } from './acrel-dtsd1352.ts';
import { checkedTemplate } from './check.ts';
import { chintDtsu666 } from './chint-dtsu666.ts';
import { eastronSdm630 } from './eastron-sdm630.ts';
import { genericCjt188Gas } from './generic-cjt188-gas.ts';
import { genericCjt188Heat } from './generic-cjt188-heat.ts';
import { genericCjt188Water } from './generic-cjt188-water.ts';
import { genericDlt6451997 } from './generic-dlt645-1997.ts';
import { genericDlt645SinglePhase } from './generic-dlt645-single-phase.ts';
import { genericDlt645ThreePhase } from './generic-dlt645-three-phase.ts';
import { opcfoundationEcm } from './opcfoundation-ecm.ts';
import { schneiderIem3000 } from './schneider-iem3000.ts';
import { schneiderPm5110 } from './schneider-pm5110.ts';
import type { MeterTemplateData } from './shape.ts';
import { siemensPac3200 } from './siemens-pac3200.ts';

/** Every meter model the firmware knows: one file, one line here. */
const LISTED: readonly MeterTemplateData[] = [
  acrelAdw300,
  acrelDtsd1352,
  chintDtsu666,
  eastronSdm630,
  genericCjt188Gas,
  genericCjt188Heat,
  genericCjt188Water,
  genericDlt6451997,
  genericDlt645SinglePhase,
  genericDlt645ThreePhase,
  opcfoundationEcm,
  schneiderIem3000,
  schneiderPm5110,
  siemensPac3200,
];

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

/**
 * Checks and indexes templates.
 *
 * @throws GanzhiError `config-invalid` that names file, points and remedy of everything wrong, or a template that stands twice
 */
export function register(data: readonly unknown[]): Map<string, MeterTemplate> {
  const byId = new Map<string, MeterTemplate>();
  for (const item of data) {
    const template = checkedTemplate(item);
    if (byId.has(template.id)) throw new GanzhiError('config-invalid', `Template ${template.id} is listed twice`);
    byId.set(template.id, template);
  }
  return byId;
}
