import type { Tx } from '@ganzhi/schemas/db';
import type { Quarantined } from '../pipeline/message.ts';
import { quarantineDigest } from '../pipeline/quarantine.ts';

const INSERT = `
insert into metering.quarantine (gateway_code, reason, detail, payload, digest)
select gateway_code, reason, detail, payload::jsonb, decode(digest, 'hex')
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) as i(gateway_code, reason, detail, payload, digest)
order by digest
on conflict (digest) do nothing`;

/** Keeps what could not be stored; a second delivery of the same reading adds nothing. */
export async function insertQuarantine(
  tx: Tx,
  entries: readonly { gatewayCode: string; entry: Quarantined }[],
): Promise<void> {
  if (entries.length === 0) return;
  await tx.query({
    name: 'insert-quarantine',
    text: INSERT,
    values: [
      entries.map(({ gatewayCode }) => gatewayCode),
      entries.map(({ entry }) => entry.code),
      entries.map(({ entry }) => entry.detail),
      entries.map(({ entry }) => entry.payload),
      entries.map(({ gatewayCode, entry }) => quarantineDigest(gatewayCode, entry)),
    ],
  });
}
