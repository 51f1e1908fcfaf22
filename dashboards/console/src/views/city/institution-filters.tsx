import type { CodeName } from '../../api/types.ts';
import { useApp } from '../../app-context.ts';
import { useWords } from '../../i18n/words.tsx';
import type { RouteQuery } from '../../router.ts';
import { SearchBox } from '../../ui/search-box.tsx';

export interface InstitutionFiltersProps {
  filter: { search: string; division: string; type: string; metered: string };
  onChange: (change: RouteQuery) => void;
}

export function InstitutionFilters({ filter, onChange }: InstitutionFiltersProps) {
  const { t } = useWords();
  const { divisions, institutionTypes } = useApp();
  return (
    <div class="filters">
      <SearchBox label={t.table.search} value={filter.search} onSearch={(search) => onChange({ search })} />
      <Choice
        label={t.table.division}
        all={t.table.allDivisions}
        value={filter.division}
        options={divisions}
        onChoose={(division) => onChange({ division })}
      />
      <Choice
        label={t.table.type}
        all={t.table.allTypes}
        value={filter.type}
        options={institutionTypes}
        onChoose={(type) => onChange({ type })}
      />
      <label class="toggle">
        <input
          type="checkbox"
          checked={filter.metered === 'true'}
          onChange={(event) => onChange({ metered: event.currentTarget.checked ? 'true' : '' })}
        />
        <span>{t.table.meteredOnly}</span>
      </label>
    </div>
  );
}

interface ChoiceProps {
  label: string;
  all: string;
  value: string;
  options: readonly CodeName[];
  onChoose: (code: string) => void;
}

function Choice({ label, all, value, options, onChoose }: ChoiceProps) {
  const { format } = useWords();
  return (
    <select aria-label={label} value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
      <option value="">{all}</option>
      {options.map((option) => (
        <option key={option.code} value={option.code} selected={option.code === value}>
          {format.name(option)}
        </option>
      ))}
    </select>
  );
}
