import { createHash } from 'node:crypto';
import { GanzhiError, MAX_IMAGE_BYTES, shanghaiText } from '@ganzhi/schemas';
import type { z } from 'zod';
import type { ApiModule } from '../../context.ts';
import { notFound, Refusal } from '../../errors/refuse.ts';
import { takeOctets } from '../../lib/octets.ts';
import { IdParams, NoQuery, problems } from '../../lib/shapes.ts';
import { instantOrNull } from '../../lib/time.ts';
import { assertWholeCity, WriteHeaders, write } from '../../lib/write.ts';
import { isSigned } from './rules.ts';
import { AddImage, AddKey, ImageItem, ImagePage, KeyItem, KeyPage, List, RetireKey } from './schema.ts';
import {
  activeKeys,
  findImage,
  findKey,
  type ImageRow,
  insertImage,
  insertKey,
  type KeyRow,
  listImages,
  listKeys,
  retireKey,
} from './sql-images.ts';

const tags = ['firmware'];
const config = { auth: 'user', permission: 'fleet.manage' } as const;

/** Keys that may sign, and images. Only public halves come here: who signs keeps the private one off this machine. */
export const imageRoutes: ApiModule['routes'] = (api, context) => {
  const { db } = context;
  takeOctets(api);

  api.route({
    method: 'GET',
    url: '/firmware-keys',
    config,
    schema: {
      tags,
      operationId: 'listFirmwareKeys',
      summary: 'Keys whose signatures are taken, newest first · 固件签名公钥',
      querystring: List,
      response: { 200: KeyPage, ...problems(400, 401, 403) },
    },
    handler: async ({ query }) => {
      const { rows, nextCursor } = await listKeys(db, query);
      return { items: rows.map(keyOf), nextCursor };
    },
  });

  api.route({
    method: 'POST',
    url: '/firmware-keys',
    config,
    schema: {
      tags,
      operationId: 'addFirmwareKey',
      summary: 'Register the public half of a signing key (Ed25519) · 登记固件签名公钥',
      querystring: NoQuery,
      headers: WriteHeaders,
      body: AddKey,
      response: { 201: KeyItem, ...problems(400, 401, 403, 409) },
    },
    handler: async (request, reply) => {
      const { name, publicKey } = request.body;
      const created = await write(context, request, 'firmware-key.add', async (tx, by, at) => {
        await assertWholeCity(tx);
        const row = await insertKey(tx, { name, publicKey: Buffer.from(publicKey, 'base64url'), by, at });
        if (!row) throw known({ zh: '此名称或公钥已登记。', en: 'This name or this key is registered already.' });
        return { answer: keyOf(row), target: `firmware-key/${row.id}` };
      });
      return reply.code(201).send(created);
    },
  });

  api.route({
    method: 'POST',
    url: '/firmware-keys/:id/retirement',
    config,
    schema: {
      tags,
      operationId: 'retireFirmwareKey',
      summary: 'Take no more signatures of a key · 停用固件签名公钥',
      params: IdParams,
      querystring: NoQuery,
      headers: WriteHeaders,
      body: RetireKey,
      response: { 200: KeyItem, ...problems(400, 401, 403, 404, 409) },
    },
    handler: (request) =>
      write(context, request, 'firmware-key.retire', async (tx, _by, now) => {
        await assertWholeCity(tx);
        const row = await findKey(tx, request.params.id);
        if (!row) throw notFound();
        if (row.retired_at !== null) throw known({ zh: '此公钥已停用。', en: 'This key is retired already.' });
        await retireKey(tx, row.id, now);
        const answer = keyOf({ ...row, retired_at: now });
        return { answer, target: `firmware-key/${row.id}`, after: { reason: request.body.reason } };
      }),
  });

  api.route({
    method: 'GET',
    url: '/firmware-images',
    config,
    schema: {
      tags,
      operationId: 'listFirmwareImages',
      summary: 'Firmware images, newest first · 固件映像',
      querystring: List,
      response: { 200: ImagePage, ...problems(400, 401, 403) },
    },
    handler: async ({ query }) => {
      const { rows, nextCursor } = await listImages(db, query);
      return { items: rows.map(imageOf), nextCursor };
    },
  });

  api.route({
    method: 'POST',
    url: '/firmware-images',
    config,
    bodyLimit: MAX_IMAGE_BYTES,
    schema: {
      tags,
      operationId: 'addFirmwareImage',
      summary: 'Upload a signed image as application/octet-stream · 上传已签名的固件映像',
      querystring: AddImage,
      headers: WriteHeaders,
      response: { 201: ImageItem, ...problems(400, 401, 403, 409) },
    },
    handler: async (request, reply) => {
      const { model, version } = request.query;
      const content = bytesOf(request.body);
      const signature = Buffer.from(request.query.signature, 'base64url');
      const sha256 = createHash('sha256').update(content).digest();
      const identity = { model, version, sha256: sha256.toString('hex'), size: content.length };
      const created = await write(context, request, 'firmware-image.add', async (tx, by, at) => {
        await assertWholeCity(tx);
        const key = (await activeKeys(tx)).find((one) => isSigned(identity, signature, one.public_key));
        if (!key) throw unsigned();
        const id = await insertImage(tx, { model, version, sha256, signature, keyId: key.id, content, by, at });
        if (id === undefined) {
          throw known({
            zh: '此型号已有该版本的映像；内容变化须使用新版本号。',
            en: 'This model has an image of this version; other bytes want another version.',
          });
        }
        const row = await findImage(tx, id);
        if (!row) throw new GanzhiError('internal', 'An image just stored is not there.');
        return { answer: imageOf(row), target: `firmware-image/${id}` };
      });
      return reply.code(201).send(created);
    },
  });
};

const known = (text: { zh: string; en: string }): Refusal => new Refusal('conflict', text);

const unsigned = (): Refusal =>
  new Refusal('signature-invalid', {
    zh: '没有任何有效公钥能验证此签名：请核对型号、版本、内容和签名密钥。',
    en: 'No key in force has signed this: compare model, version, bytes and the signing key.',
  });

function bytesOf(body: unknown): Buffer {
  if (Buffer.isBuffer(body) && body.length > 0) return body;
  throw new Refusal('invalid-request', {
    zh: '请以 application/octet-stream 发送映像内容。',
    en: 'Send the bytes of the image as application/octet-stream.',
  });
}

const keyOf = (row: KeyRow): z.infer<typeof KeyItem> => ({
  id: row.id,
  name: row.name,
  publicKey: row.public_key.toString('base64url'),
  addedBy: row.added_by,
  addedAt: shanghaiText(row.added_at),
  retiredAt: instantOrNull(row.retired_at),
});

const imageOf = (row: ImageRow): z.infer<typeof ImageItem> => ({
  id: row.id,
  model: row.model,
  version: row.version,
  sha256: row.sha256,
  bytes: row.bytes,
  key: row.key,
  uploadedBy: row.uploaded_by,
  uploadedAt: shanghaiText(row.uploaded_at),
});
