import { quantityById } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import type { ForeignDialect } from '../dialects/topics.ts';

export interface GatewayEntry {
  id: number;
  code: string;
  tokenSha256: Buffer;
  /** Rotation: holds as well, until it is used for the first time. */
  nextTokenSha256?: Buffer | null;
  /** SHA-256 of its client certificate, and of the one that shall follow. */
  certificateSha256?: Buffer | null;
  nextCertificateSha256?: Buffer | null;
  /** Its enrolment is closed by the first use of its credential. */
  newcomer?: boolean;
  simulatedTime: boolean;
  enabled: boolean;
  dialect: 'native' | ForeignDialect;
}

export interface PointEntry {
  /** Database number of the quantity. */
  id: number;
  decimals: number;
  /** Counters feed the ledger; gauges do not. */
  counter: boolean;
}

/** Points of a meter by wire code. Meters of one model share one object: a city has 23,500 meters and a handful of layouts. */
export type PointLayout = ReadonlyMap<string, PointEntry>;

export interface MeterEntry {
  id: number;
  gatewayId: number | null;
  points: PointLayout;
}

/** All gateways by code. */
export async function loadGateways(db: Db): Promise<Map<string, GatewayEntry>> {
  const { rows } = await db.query<{
    id: number;
    code: string;
    token_sha256: Buffer;
    next_token_sha256: Buffer | null;
    certificate_sha256: Buffer | null;
    next_certificate_sha256: Buffer | null;
    newcomer: boolean;
    simulated_time: boolean;
    enabled: boolean;
    dialect: GatewayEntry['dialect'];
  }>(
    `select g.id, g.code, g.token_sha256, g.next_token_sha256, g.certificate_sha256, g.next_certificate_sha256,
       g.simulated_time, g.enabled, g.dialect, e.gateway_id is not null as newcomer
     from registry.gateway g
     left join (select distinct gateway_id from care.enrolment where state = 'collected') e on e.gateway_id = g.id`,
  );
  return new Map(
    rows.map((row) => [
      row.code,
      {
        id: row.id,
        code: row.code,
        tokenSha256: row.token_sha256,
        nextTokenSha256: row.next_token_sha256,
        certificateSha256: row.certificate_sha256,
        nextCertificateSha256: row.next_certificate_sha256,
        newcomer: row.newcomer,
        simulatedTime: row.simulated_time,
        enabled: row.enabled,
        dialect: row.dialect,
      },
    ]),
  );
}

/**
 * Meters with their points by code: three columns each, so a whole city fits in a few megabytes.
 *
 * @param codes only these; all meters when absent
 */
export async function loadMeters(db: Db, codes?: readonly string[]): Promise<Map<string, MeterEntry>> {
  const { rows } = await db.query<{ id: number; code: string; gateway_id: number | null; layout: string | null }>(
    `select m.id, m.code, m.gateway_id, string_agg(p.point || ':' || p.decimals, ',' order by p.point) as layout
     from registry.meter m left join registry.point p on p.meter_id = m.id
     where $1::text[] is null or m.code = any($1)
     group by m.id`,
    [codes ?? null],
  );
  const layouts = new Map<string, PointLayout>();
  const layoutOf = (text: string): PointLayout => {
    const known = layouts.get(text) ?? parseLayout(text);
    layouts.set(text, known);
    return known;
  };
  return new Map(
    rows.map((row) => [row.code, { id: row.id, gatewayId: row.gateway_id, points: layoutOf(row.layout ?? '') }]),
  );
}

/** `1:2,10:3` (quantity number:decimals) to points by wire code. */
function parseLayout(text: string): PointLayout {
  const points = new Map<string, PointEntry>();
  for (const part of text.split(',').filter(Boolean)) {
    const [id = 0, decimals = 0] = part.split(':').map(Number);
    const quantity = quantityById(id);
    if (quantity) points.set(quantity.code, { id, decimals, counter: quantity.kind === 'counter' });
  }
  return points;
}

const VERSION = `
select (
  select coalesce(sum(hashtextextended(concat_ws('/', id, code, encode(token_sha256, 'hex'),
    encode(next_token_sha256, 'hex'), encode(certificate_sha256, 'hex'), encode(next_certificate_sha256, 'hex'),
    credential_changed_at, simulated_time, enabled, dialect), 0)), 0)
  from registry.gateway
) || '/' || (
  select coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)
  from pg_stat_user_tables where schemaname = 'registry' and relname in ('meter', 'point', 'dialect_tag')
) as version`;

/**
 * A text that changes when the registry does. Gateways are compared row by row, because a withdrawn right must take effect
 * within seconds. For meters, points (188,000 rows) and tags the server's own write counters serve: constant cost; they may lag
 * by some seconds, never forget, and a reset after a crash costs one reload.
 */
export async function registryVersion(db: Db): Promise<string> {
  const { rows } = await db.query<{ version: string }>(VERSION);
  return rows[0]?.version ?? '';
}
