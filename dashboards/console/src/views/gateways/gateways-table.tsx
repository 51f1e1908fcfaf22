import type { GatewayItem } from '../../api/types.ts';
import { useWords } from '../../i18n/words.tsx';
import { GatewayRow } from './gateway-row.tsx';

export interface GatewaysTableProps {
  items: readonly GatewayItem[];
  waiting: boolean;
  now: number;
  onClear: () => void;
}

export function GatewaysTable({ items, waiting, now, onClear }: GatewaysTableProps) {
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
  return (
    <div class="table-scroll">
      <table class="table gateways">
        <thead>
          <tr>
            <th scope="col">{t.gateways.gateway}</th>
            <th scope="col">{t.gateways.state}</th>
            <th scope="col" class="wide">
              {t.gateways.institution}
            </th>
            <th scope="col" class="num">
              {t.gateways.lastSeen}
            </th>
            <th scope="col" class="num">
              {t.gateways.outbox}
            </th>
            <th scope="col" class="num wide">
              {t.gateways.clock}
            </th>
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
