import type { MeterItem } from '../../api/types.ts';
import { useWords } from '../../i18n/words.tsx';
import { MeterRow } from './meter-row.tsx';
import { inTreeOrder } from './meter-tree.ts';

/** The institution's meters: what each says now, how old that is, what fails. */
export function MetersCard({ items, now }: { items: readonly MeterItem[] | null; now: number }) {
  const { t, format } = useWords();
  if (!items) return <section class="card is-waiting" />;
  return (
    <section class="card">
      <header class="card-head">
        <h2>{t.institution.meters}</h2>
        <small class="muted">{t.institution.metersCount(format.count(items.length))}</small>
      </header>
      {items.length === 0 ? (
        <p class="empty">{t.institution.noMeters}</p>
      ) : (
        <div class="table-scroll">
          <table class="table meters">
            <thead>
              <tr>
                <th scope="col">{t.institution.meter}</th>
                <th scope="col">{t.institution.state}</th>
                <th scope="col" class="num">
                  {t.institution.power}
                </th>
                <th scope="col" class="num">
                  {t.institution.lastReading}
                </th>
                <th scope="col" class="wide">
                  {t.institution.template}
                </th>
                <th scope="col" class="wide">
                  {t.institution.gateway}
                </th>
              </tr>
            </thead>
            <tbody>
              {inTreeOrder(items).map(({ meter, depth }) => (
                <MeterRow key={meter.id} meter={meter} depth={depth} now={now} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
