import type { Db, Tx } from '@ganzhi/schemas/db';
import { cut, decodeCursor } from '../../lib/page.ts';

export interface KeyRow {
  id: number;
  name: string;
  public_key: Buffer;
  added_by: string;
  added_at: number;
  retired_at: number | null;
}

export interface ImageRow {
  id: number;
  model: string;
  version: string;
  sha256: string;
  bytes: number;
  key: string;
  key_retired_at: number | null;
  uploaded_by: string;
  uploaded_at: number;
}

interface Page {
  limit: number;
  cursor?: string | undefined;
}

const KEY = 'select id, name, public_key, added_by, added_at, retired_at from care.firmware_key';
const IMAGE = `select i.id, i.model, i.version, encode(i.sha256, 'hex') as sha256, length(i.content) as bytes, k.name as key,
  k.retired_at as key_retired_at, i.uploaded_by, i.uploaded_at
  from care.firmware_image i join care.firmware_key k on k.id = i.key_id`;
const byId = (row: { id: number }) => ({ value: null, id: String(row.id) });

/** Newest first. */
export async function listKeys(db: Db, { limit, cursor }: Page) {
  const after = decodeCursor('-id', cursor, { value: 'text', id: 'int4' });
  const { rows } = await db.query<KeyRow>(`${KEY} where ($1::int4 is null or id < $1) order by id desc limit $2`, [
    after?.id ?? null,
    limit + 1,
  ]);
  return cut(rows, limit, '-id', byId);
}

export async function findKey(tx: Tx, id: number): Promise<KeyRow | undefined> {
  return (await tx.query<KeyRow>(`${KEY} where id = $1 for update`, [id])).rows[0];
}

export async function activeKeys(tx: Tx): Promise<readonly KeyRow[]> {
  return (await tx.query<KeyRow>(`${KEY} where retired_at is null order by id desc`)).rows;
}

/** @returns undefined when the name or the key is there already */
export async function insertKey(
  tx: Tx,
  key: { name: string; publicKey: Buffer; by: string; at: number },
): Promise<KeyRow | undefined> {
  const { rows } = await tx.query<KeyRow>(
    `insert into care.firmware_key (name, public_key, added_by, added_at) values ($1, $2, $3, $4)
     on conflict do nothing returning id, name, public_key, added_by, added_at, retired_at`,
    [key.name, key.publicKey, key.by, new Date(key.at)],
  );
  return rows[0];
}

export async function retireKey(tx: Tx, id: number, now: number): Promise<void> {
  await tx.query('update care.firmware_key set retired_at = $2 where id = $1', [id, new Date(now)]);
}

/** Newest first; the bytes stay where they are. */
export async function listImages(db: Db, { limit, cursor }: Page) {
  const after = decodeCursor('-id', cursor, { value: 'text', id: 'int4' });
  const { rows } = await db.query<ImageRow>(
    `${IMAGE} where ($1::int4 is null or i.id < $1) order by i.id desc limit $2`,
    [after?.id ?? null, limit + 1],
  );
  return cut(rows, limit, '-id', byId);
}

export async function findImage(tx: Tx, id: number): Promise<ImageRow | undefined> {
  return (await tx.query<ImageRow>(`${IMAGE} where i.id = $1`, [id])).rows[0];
}

/** @returns undefined when the model has an image of this version */
export async function insertImage(
  tx: Tx,
  image: {
    model: string;
    version: string;
    sha256: Buffer;
    signature: Buffer;
    keyId: number;
    content: Buffer;
    by: string;
    at: number;
  },
): Promise<number | undefined> {
  const { rows } = await tx.query<{ id: number }>(
    `insert into care.firmware_image (model, version, sha256, signature, key_id, content, uploaded_by, uploaded_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (model, version) do nothing returning id`,
    [
      image.model,
      image.version,
      image.sha256,
      image.signature,
      image.keyId,
      image.content,
      image.by,
      new Date(image.at),
    ],
  );
  return rows[0]?.id;
}
