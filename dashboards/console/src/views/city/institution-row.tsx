import type { CodeName, InstitutionItem } from '../../api/types.ts';
import { useApp } from '../../app-context.ts';
import { changeOf } from '../../compare.ts';
import { instant } from '../../format.ts';
import { useWords } from '../../i18n/words.tsx';
import { routeHash } from '../../router.ts';
import { Change } from '../../ui/change.tsx';
import { ShareBar } from '../../ui/share-bar.tsx';

const COVERAGE_GOAL = 0.9;

export function InstitutionRow({ item, now }: { item: InstitutionItem; now: number }) {
  const { t, format } = useWords();
  const { divisions, institutionTypes } = useApp();
  const named = (list: readonly CodeName[], code: string): string => {
    const found = list.find((each) => each.code === code);
    return found ? format.name(found) : code;
  };
  const division = named(divisions, item.divisionCode);
  const type = named(institutionTypes, item.typeCode);
  // The list carries one coverage, today's; yesterday's figure is compared as it stands.
  const change = changeOf(
    { consumption: item.today, coverage: item.coverageToday },
    { consumption: item.yesterdaySameHours, coverage: 1 },
  );
  return (
    <tr class={item.metered ? '' : 'is-unmetered'}>
      <th scope="row">
        <a href={routeHash({ view: 'institution', id: item.id, query: {} })}>{format.name(item)}</a>
        <small>
          <span class="code">{item.code}</span>
          <span class="narrow-only">{division}</span>
        </small>
      </th>
      <td class="wide">{division}</td>
      <td class="wide">{type}</td>
      <td class="num wider">{format.quantity(Math.round(item.areaM2), 'm²')}</td>
      {item.metered ? (
        <>
          <td class="num">{format.quantity(item.powerKw, 'kW')}</td>
          <td class="num">{format.quantity(item.today, 'kWh')}</td>
          <td class="num wide">
            <Change value={change} />
          </td>
          <td class="wide">
            <ShareBar share={item.coverageToday} goal={COVERAGE_GOAL} />
          </td>
          <td class="num wider">{format.ago(instant(item.lastReadingAt), now)}</td>
        </>
      ) : (
        <>
          <td class="num muted" colSpan={2}>
            {t.table.notMetered}
          </td>
          <td class="wide" colSpan={2} />
          <td class="wider" />
        </>
      )}
    </tr>
  );
}
