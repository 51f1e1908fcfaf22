import type { CitySummary, GatewayItem } from '../../api/types.ts';
import { UNKNOWN } from '../../format.ts';
import { useWords } from '../../i18n/words.tsx';
import { Tile } from '../../ui/tile.tsx';

export function FleetTiles({ city, items }: { city: CitySummary | null; items: readonly GatewayItem[] }) {
  const { t, format } = useWords();
  const offline = city ? city.gateways.total - city.gateways.online : null;
  const offsets = items.map((item) => item.clockOffsetS).filter((offset) => offset !== null);
  const worst = offsets.reduce<number | null>(
    (far, each) => (far === null || Math.abs(each) > Math.abs(far) ? each : far),
    null,
  );
  return (
    <div class="tiles tiles-four">
      <Tile label={t.gateways.onlineNow} value={format.count(city?.gateways.online ?? null)}>
        <p>{t.city.ofGateways(format.count(city?.gateways.total ?? null))}</p>
      </Tile>
      <Tile class={offline ? 'is-warn' : ''} label={t.gateways.offlineNow} value={format.count(offline)} />
      <Tile label={t.gateways.backlog} value={format.count(city?.outboxReadings ?? null)} />
      <Tile label={t.gateways.worstClock} value={worst === null ? UNKNOWN : format.offset(worst)} />
    </div>
  );
}
