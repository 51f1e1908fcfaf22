import { createHash, randomBytes } from 'node:crypto';
import { type FirmwareReport, type ImageIdentity, SECOND } from '@ganzhi/schemas';
import { type Db, withTx } from '@ganzhi/schemas/db';
import { RESEND_MS, storable } from './commands.ts';

export interface DueFirmware {
  gatewayId: number;
  rollout: string;
  image: ImageIdentity;
  signature: string;
  trialMs: number;
  /** Random; only its SHA-256 is kept. */
  ticket: string;
}

/** An order without any report is given again after this. */
const REORDER_MS = 120 * SECOND;

const DUE = `
select rg.rollout_id, rg.gateway_id, i.model, i.version, encode(i.sha256, 'hex') as sha256, length(i.content) as size,
  i.signature, r.trial_s
from care.rollout_gateway rg
join care.rollout r on r.id = rg.rollout_id and r.state = 'running' and rg.stage <= r.stage
join care.firmware_image i on i.id = r.image_id
where rg.gateway_id = any($1::int4[]) and rg.state in ('waiting', 'ordered')
  and (rg.offered_at is null or rg.offered_at < $3 or (rg.gateway_id = any($2::int4[]) and rg.offered_at < $4))
order by rg.gateway_id limit 200
for update of rg skip locked`;

const MARK = `
update care.rollout_gateway rg
set state = 'ordered', ordered_at = coalesce(rg.ordered_at, $4), offered_at = $4, ticket_sha256 = t.sha256
from unnest($1::uuid[], $2::int4[], $3::bytea[]) as t(rollout_id, gateway_id, sha256)
where rg.rollout_id = t.rollout_id and rg.gateway_id = t.gateway_id`;

/** Takes the firmware orders that are to be sent now: of running roll-outs, to gateways of the cohorts that have begun. */
export async function claimFirmware(
  db: Db,
  reachable: readonly number[],
  reborn: readonly number[],
  now: number,
): Promise<DueFirmware[]> {
  const at = (t: number): Date => new Date(t);
  return withTx(db, async (tx) => {
    const { rows } = await tx.query<{
      rollout_id: string;
      gateway_id: number;
      model: string;
      version: string;
      sha256: string;
      size: number;
      signature: Buffer;
      trial_s: number;
    }>({
      name: 'due-firmware',
      text: DUE,
      values: [reachable, reborn, at(now - REORDER_MS), at(now - RESEND_MS)],
    });
    if (rows.length === 0) return [];
    const due = rows.map((row) => ({
      gatewayId: row.gateway_id,
      rollout: row.rollout_id,
      image: { model: row.model, version: row.version, sha256: row.sha256, size: row.size },
      signature: row.signature.toString('base64url'),
      trialMs: row.trial_s * SECOND,
      ticket: randomBytes(32).toString('base64url'),
    }));
    await tx.query({
      name: 'mark-firmware',
      text: MARK,
      values: [
        due.map(({ rollout }) => rollout),
        due.map(({ gatewayId }) => gatewayId),
        due.map(({ ticket }) => ticketDigest(ticket)),
        at(now),
      ],
    });
    return due;
  });
}

/** Keeps what a gateway says about an image; what was settled stays settled. */
export async function keepFirmwareReport(
  db: Db,
  gatewayId: number,
  { rollout, state, reason }: FirmwareReport,
  now: number,
): Promise<void> {
  await db.query({
    name: 'keep-firmware-report',
    text: `update care.rollout_gateway
      set state = $3, reason = $4, settled_at = case when $3 = 'trial' then null else $5::timestamptz end
      where rollout_id = $1 and gateway_id = $2 and state in ('ordered', 'trial', 'silent')`,
    values: [rollout, gatewayId, state, reason === undefined ? null : storable(reason), new Date(now)],
  });
}

/** The image that a ticket is for, while its order stands. */
export async function imageOfTicket(db: Db, ticket: string): Promise<Buffer | undefined> {
  const { rows } = await db.query<{ content: Buffer }>({
    name: 'image-of-ticket',
    text: `select i.content from care.rollout_gateway rg
      join care.rollout r on r.id = rg.rollout_id and r.state = 'running'
      join care.firmware_image i on i.id = r.image_id
      where rg.ticket_sha256 = $1 and rg.state = 'ordered'`,
    values: [ticketDigest(ticket)],
  });
  return rows[0]?.content;
}

const ticketDigest = (ticket: string): Buffer => createHash('sha256').update(ticket).digest();
