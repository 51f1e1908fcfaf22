import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { GanzhiError, MAX_MESSAGE_BYTES } from '@ganzhi/schemas';

const unzip = promisify(gunzip);

/** 5,000 readings with the longest codes fit; a bomb is given up here, before it is inflated further. */
export const MAX_PLAIN_BYTES = 4 * MAX_MESSAGE_BYTES;

/**
 * The body without its compression.
 *
 * @param encoding the `Content-Encoding` header; gzip or none
 * @throws GanzhiError `too-large` beyond {@link MAX_PLAIN_BYTES}, `invalid-request` for another encoding or broken gzip
 */
export async function plainBody(body: Buffer, encoding: string | undefined): Promise<Buffer> {
  const name = (encoding ?? 'identity').trim().toLowerCase();
  if (name === 'identity') return body;
  if (name !== 'gzip' && name !== 'x-gzip') {
    throw new GanzhiError('invalid-request', 'Content-Encoding: use gzip, or none.');
  }
  try {
    return await unzip(body, { maxOutputLength: MAX_PLAIN_BYTES });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new GanzhiError('too-large', `Uncompressed, a batch may have ${MAX_PLAIN_BYTES} bytes: send smaller ones.`);
    }
    throw new GanzhiError('invalid-request', 'The body is not gzip, though Content-Encoding says so.', { cause });
  }
}
