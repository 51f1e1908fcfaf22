import type { GatewayItem } from '../../api/types.ts';
import { instant, UNKNOWN } from '../../format.ts';
import { useWords } from '../../i18n/words.tsx';
import { routeHash } from '../../router.ts';
import { Badge } from '../../ui/badge.tsx';

/** A clock further off than this is worth a visit (domain handbook §4, V7). */
const CLOCK_WARN_S = 60;

export function GatewayRow({ item, now }: { item: GatewayItem; now: number }) {
  const { t, format } = useWords();
  const institution = format.name({ nameZh: item.institutionNameZh, nameEn: item.institutionNameEn });
  const link = <a href={routeHash({ view: 'institution', id: item.institutionId, query: {} })}>{institution}</a>;
  const backlog = item.outboxReadings ?? 0;
  const offset = item.clockOffsetS;
  return (
    <tr>
      <th scope="row">
        <span class="code">{item.code}</span>
        <small class="narrow-only">{link}</small>
        {item.simulatedTime && (
          <Badge tone="info" hint={t.gateways.simulatedHint}>
            {t.gateways.simulated}
          </Badge>
        )}
      </th>
      <td>
        <Badge tone={item.online ? 'good' : 'bad'} dot>
          {item.online ? t.gateways.online : t.gateways.offline}
        </Badge>
      </td>
      <td class="wide">{link}</td>
      <td class="num">{format.ago(instant(item.lastSeenAt), now)}</td>
      <td class="num" data-label={t.gateways.outbox}>
        {format.count(item.outboxReadings)}
        {backlog > 0 && item.outboxOldestAt !== null && (
          <small class="below">{t.gateways.outboxOldest(format.ago(instant(item.outboxOldestAt), now))}</small>
        )}
      </td>
      <td class={offset !== null && Math.abs(offset) > CLOCK_WARN_S ? 'num wide is-warn-text' : 'num wide'}>
        {offset === null ? t.gateways.clockUnknown : format.offset(offset)}
      </td>
      <td class="wider code">{item.firmware ?? UNKNOWN}</td>
    </tr>
  );
}
