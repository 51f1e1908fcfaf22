import { GanzhiError, MINUTE } from '@ganzhi/schemas';

const PATH = '/api/v1/ingest/firmware-image';
const LONGEST_MS = 10 * MINUTE;

/**
 * Fetches the image of a ticket from ingest's door.
 *
 * @param size bytes at most; whoever sends more is cut off
 * @throws GanzhiError `image-invalid` when it is longer; what fetch throws when it may work later
 */
export async function fetchImage(careUrl: string, ticket: string, size: number): Promise<Buffer> {
  const response = await fetch(`${careUrl}${PATH}`, {
    headers: { authorization: `Bearer ${ticket}` },
    signal: AbortSignal.timeout(LONGEST_MS),
  });
  if (!response.ok || !response.body) throw new Error(`the server answered ${response.status}`);
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body) {
    length += part.length;
    if (length > size)
      throw new GanzhiError('image-invalid', `The server sends more than the ${size} bytes that were signed.`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}
