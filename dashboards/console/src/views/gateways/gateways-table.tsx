import type { GatewayItem } from '../../api/types.ts';
import { useWords } from '../../i18n/words.tsx';
import { SortHeader } from '../../ui/sort-header.tsx';
import { GatewayRow } from './gateway-row.tsx';

export interface GatewaysTableProps {
  items: readonly GatewayItem[];
  waiting: boolean;
  now: number;
  sort: string;
  onSort: (sort: string) => void;
  onClear: () => void;
}

export function GatewaysTable({ items, waiting, now, sort, onSort, onClear }: GatewaysTableProps) {
  const { t } = useWords();
  if (!waiting && items.length === 0) {
    return (
      <div class="empty">
        <p>{t.empty.noRows}</p>
        <button type="button" class="button" onClick={onClear}>
          {t.empty.clear}
        </button>
      </div>
    );
  }
  const head = { sort, onSort };
  return (
    <div class="table-scroll">
      <table class="table gateways">
        <thead>
          <tr>
            <SortHeader {...head} label={t.gateways.gateway} orders={['code', '-code']} />
            <th scope="col">{t.gateways.state}</th>
            <th scope="col" class="wide">
              {t.gateways.institution}
            </th>
            <SortHeader {...head} class="num" label={t.gateways.lastSeen} orders={['lastSeenAt', '-lastSeenAt']} />
            <SortHeader
              {...head}
              class="num"
              label={t.gateways.outbox}
              orders={['-outboxReadings', 'outboxReadings']}
            />
            <SortHeader
              {...head}
              class="num wide"
              label={t.gateways.clock}
              orders={['-clockOffsetS', 'clockOffsetS']}
            />
            <th scope="col" class="wider">
              {t.gateways.firmware}
            </th>
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <GatewayRow key={item.code} item={item} now={now} />
          ))}
        </tbody>
      </table>
    </div>
  );
}
