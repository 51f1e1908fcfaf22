import { randomBytes } from 'node:crypto';
import type { Db, Tx } from '@ganzhi/schemas/db';

/** A gateway as people keep it; its credentials and its state are another matter. */
export interface GatewayRecord {
  code: string;
  institutionCode: string;
  nameZh: string;
  nameEn: string;
  dialect: GatewayDialect;
}

export const GATEWAY_DIALECTS = ['native', 'neuron', 'thingsboard', 'sparkplug', 'ministry'] as const;
export type GatewayDialect = (typeof GATEWAY_DIALECTS)[number];

export interface StoredGateway extends GatewayRecord {
  id: number;
  institutionId: number;
  version: number;
  retiredAt: number | null;
  retiredReason: string | null;
}

const SELECT = `select g.id, g.institution_id as "institutionId", g.version, g.retired_at as "retiredAt",
    g.retired_reason as "retiredReason", g.code, i.code as "institutionCode", g.name_zh as "nameZh", g.name_en as "nameEn", g.dialect
  from registry.gateway g join registry.institution i on i.id = g.institution_id`;

/** Registered gateways by code, locked against other edits until the transaction ends. */
export async function lockedGateways(tx: Tx, codes: readonly string[]): Promise<Map<string, StoredGateway>> {
  const { rows } = await tx.query<StoredGateway>(
    `${SELECT} where g.code = any($1::text[]) order by g.id for no key update of g`,
    [codes],
  );
  return new Map(rows.map((row) => [row.code, row]));
}

export async function gatewayRecord(db: Db | Tx, code: string): Promise<StoredGateway | undefined> {
  const { rows } = await db.query<StoredGateway>(`${SELECT} where g.code = $1`, [code]);
  return rows[0];
}

export async function gatewayRecordsAfter(db: Db | Tx, code: string, limit: number): Promise<StoredGateway[]> {
  const { rows } = await db.query<StoredGateway>(
    `${SELECT} where g.code > $1 and g.retired_at is null order by g.code limit $2`,
    [code, limit],
  );
  return rows;
}

/** Enters gateways. Nobody knows their tokens: each comes in by an enrolment that a person approves. */
export async function insertGateways(tx: Tx, records: readonly GatewayRecord[]): Promise<Map<string, number>> {
  const { rows } = await tx.query<{ id: number; code: string }>(
    `insert into registry.gateway (code, institution_id, name_zh, name_en, dialect, token_sha256)
     select r.code, i.id, r."nameZh", r."nameEn", r.dialect, decode(r.token, 'hex')
     from jsonb_to_recordset($1) as r(code text, "institutionCode" text, "nameZh" text, "nameEn" text, dialect text, token text)
     join registry.institution i on i.code = r."institutionCode" returning id, code`,
    [JSON.stringify(records.map((record) => ({ ...record, token: randomBytes(32).toString('hex') })))],
  );
  return new Map(rows.map(({ id, code }) => [code, id]));
}

export async function updateGateways(tx: Tx, records: readonly (GatewayRecord & { id: number })[]): Promise<void> {
  await tx.query(
    `update registry.gateway g set institution_id = i.id, name_zh = r."nameZh", name_en = r."nameEn", dialect = r.dialect
     from jsonb_to_recordset($1) as r(id int4, "institutionCode" text, "nameZh" text, "nameEn" text, dialect text)
     join registry.institution i on i.code = r."institutionCode" where g.id = r.id`,
    [JSON.stringify(records)],
  );
}

/** It is let in no more: every credential is void, and its connection is cut at once. */
export async function retireGateway(tx: Tx, id: number, at: number, reason: string): Promise<void> {
  await tx.query(
    `update registry.gateway set enabled = false, retired_at = $2, retired_reason = $3, token_sha256 = $4,
       next_token_sha256 = null, certificate_sha256 = null, next_certificate_sha256 = null, revoked_at = $2,
       credential_changed_at = $2 where id = $1`,
    [id, new Date(at), reason, randomBytes(32)],
  );
}

/** Codes of the living meters of a gateway. */
export async function metersOfGateway(tx: Tx, id: number): Promise<string[]> {
  const { rows } = await tx.query<{ code: string }>(
    'select code from registry.meter where gateway_id = $1 and retired_at is null order by code limit 10',
    [id],
  );
  return rows.map(({ code }) => code);
}

/** Codes of those that have spoken, or were retired. */
export async function gatewaysWithData(tx: Tx, ids: readonly number[]): Promise<string[]> {
  const { rows } = await tx.query<{ code: string }>(
    `select g.code from registry.gateway g where g.id = any($1::int4[])
       and (g.retired_at is not null or exists (select from metering.gateway_state s where s.gateway_id = g.id))
     order by g.code`,
    [ids],
  );
  return rows.map(({ code }) => code);
}

export async function removeGateways(tx: Tx, ids: readonly number[]): Promise<void> {
  await tx.query('delete from registry.gateway where id = any($1::int4[])', [ids]);
}
