import type { Enrolment } from '../../../api/types.ts';
import { instant } from '../../../format.ts';
import { useWords } from '../../../i18n/words.tsx';
import { Badge } from '../../../ui/badge.tsx';
import { DecideEnrolment } from './decide-enrolment.tsx';

export interface EnrolmentsCardProps {
  items: readonly Enrolment[];
  now: number;
  onDecided: () => void;
}

/** Gateways that announced themselves. The fingerprint is read on the device, never copied from here: that proves it is the one. */
export function EnrolmentsCard({ items, now, onDecided }: EnrolmentsCardProps) {
  const { t, format } = useWords();
  return (
    <section class="card enrolments">
      <header class="card-head">
        <h2>{t.care.enrolments}</h2>
        <small class="muted">{t.care.enrolmentsHint}</small>
      </header>
      {items.length === 0 ? (
        <p class="muted">{t.care.noEnrolments}</p>
      ) : (
        <div class="table-scroll">
          <table class="table">
            <thead>
              <tr>
                <th scope="col">{t.care.serial}</th>
                <th scope="col">{t.care.model}</th>
                <th scope="col">{t.care.lastSeen}</th>
                <th scope="col">{t.care.decision}</th>
              </tr>
            </thead>
            <tbody>
              {items.map((item) => (
                <tr key={item.id}>
                  <th scope="row">
                    <span class="code">{item.serial}</span>
                    {item.sameSerial > 0 && (
                      <Badge tone="bad">{t.care.sameSerial(format.count(item.sameSerial))}</Badge>
                    )}
                  </th>
                  <td>{item.model}</td>
                  <td>{format.ago(instant(item.lastSeenAt), now)}</td>
                  <td>
                    <DecideEnrolment item={item} onDecided={onDecided} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
