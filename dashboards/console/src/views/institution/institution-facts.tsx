import type { CodeName, Institution } from '../../api/types.ts';
import { useApp } from '../../app-context.ts';
import { useWords } from '../../i18n/words.tsx';

/** What the institution is: code, division, type, area, people. */
export function InstitutionFacts({ institution }: { institution: Institution }) {
  const { t, format } = useWords();
  const { divisions, institutionTypes } = useApp();
  const named = (list: readonly CodeName[], code: string): string => {
    const found = list.find((each) => each.code === code);
    return found ? format.name(found) : code;
  };
  const facts = [
    [t.institution.code, institution.code],
    [t.table.division, named(divisions, institution.divisionCode)],
    [t.table.type, named(institutionTypes, institution.typeCode)],
    [t.institution.area, format.quantity(Math.round(institution.areaM2), 'm²')],
    [t.institution.headcount, t.institution.people(format.count(institution.headcount))],
  ] as const;
  return (
    <dl class="facts">
      {facts.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
