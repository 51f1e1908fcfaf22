import type { Replay } from '../../../api/types.ts';
import { useWords } from '../../../i18n/words.tsx';
import { ShareBar } from '../../../ui/share-bar.tsx';

/** Backlogs on their way, each with the time until its outbox is empty. */
export function ReplaysCard({ items }: { items: readonly Replay[] }) {
  const { t, format } = useWords();
  if (items.length === 0) return null;
  return (
    <section class="card replays">
      <header class="card-head">
        <h2>{t.care.replays}</h2>
      </header>
      <div class="table-scroll">
        <table class="table">
          <thead>
            <tr>
              <th scope="col">{t.gateways.gateway}</th>
              <th scope="col">{t.care.progress}</th>
              <th scope="col" class="num">
                {t.care.remaining}
              </th>
              <th scope="col" class="num">
                {t.care.eta}
              </th>
            </tr>
          </thead>
          <tbody>
            {items.map((item) => (
              <tr key={item.gatewayCode}>
                <th scope="row" class="code">
                  {item.gatewayCode}
                </th>
                <td>
                  <ShareBar share={item.progress} goal={0} />
                </td>
                <td class="num">{format.count(item.remainingReadings)}</td>
                <td class="num">{item.etaS === null ? t.care.noEta : format.duration(item.etaS)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
