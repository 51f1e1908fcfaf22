import { createCipheriv, createDecipheriv } from 'node:crypto';
import { GanzhiError } from '@ganzhi/schemas';
import type { CollectorProfile } from './profile.ts';

const BLOCK = 16;

/** Encrypts a body as the dialect has it; plain where it has no cipher. */
export function seal(plain: Buffer, aes: CollectorProfile['aes']): Buffer {
  if (!aes) return plain;
  const cipher = createCipheriv(`aes-128-${aes.mode}`, aes.key, aes.mode === 'ecb' ? null : (aes.iv ?? aes.key));
  cipher.setAutoPadding(aes.padding === 'pkcs7');
  const short = aes.padding === 'zero' ? (BLOCK - (plain.length % BLOCK)) % BLOCK : 0;
  return Buffer.concat([cipher.update(plain), cipher.update(Buffer.alloc(short)), cipher.final()]);
}

/** @throws GanzhiError `frame-content` when it is not sealed with this key */
export function unseal(sealed: Buffer, aes: CollectorProfile['aes']): Buffer {
  if (!aes) return sealed;
  const decipher = createDecipheriv(`aes-128-${aes.mode}`, aes.key, aes.mode === 'ecb' ? null : (aes.iv ?? aes.key));
  decipher.setAutoPadding(aes.padding === 'pkcs7');
  try {
    return withoutZeros(Buffer.concat([decipher.update(sealed), decipher.final()]));
  } catch (cause) {
    throw new GanzhiError('frame-content', 'The body is not encrypted with the key of this profile.', { cause });
  }
}

/** No XML ends with a zero byte, so the padding tells itself; some collectors add it to plain bodies too. */
function withoutZeros(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return bytes.subarray(0, end);
}
