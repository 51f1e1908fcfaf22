import { createHash } from 'node:crypto';
import { Refusal } from '../../errors/refuse.ts';

/** 20 MiB: a scanned contract of a hundred pages; a film belongs elsewhere. */
export const MAX_BYTES = 20 * 1024 * 1024;

interface Kind {
  readonly mediaType: string;
  readonly extensions: readonly string[];
  /** First bytes that every file of the kind has; alternatives. */
  readonly magic: readonly (readonly [offset: number, bytes: string])[];
}

const text = (s: string): string => Buffer.from(s, 'latin1').toString('hex');

/** What may be kept. Nothing that a browser would run: no HTML, no SVG. */
const KINDS: readonly Kind[] = [
  { mediaType: 'application/pdf', extensions: ['pdf'], magic: [[0, text('%PDF-')]] },
  { mediaType: 'image/jpeg', extensions: ['jpg', 'jpeg'], magic: [[0, 'ffd8ff']] },
  { mediaType: 'image/png', extensions: ['png'], magic: [[0, '89504e470d0a1a0a']] },
  {
    mediaType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    extensions: ['xlsx'],
    magic: [[0, '504b0304']],
  },
  {
    mediaType: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    extensions: ['docx'],
    magic: [[0, '504b0304']],
  },
  // the national format of fixed documents (GB/T 33190-2016), a zip as well
  { mediaType: 'application/ofd', extensions: ['ofd'], magic: [[0, '504b0304']] },
  {
    mediaType: 'image/heic',
    extensions: ['heic'],
    magic: [
      [4, text('ftyphei')],
      [4, text('ftypmif1')],
    ],
  },
];

export interface Checked {
  readonly name: string;
  readonly mediaType: string;
  /** Of the bytes, hex: the file's identity. */
  readonly sha256: string;
}

/**
 * What a file is, judged by its bytes; its name must agree, and is freed of everything that is not a name.
 *
 * @throws Refusal `too-large`, or `invalid-request`: empty, of no kind that is kept, ending and contents at odds
 */
export function checkFile(name: string, bytes: Uint8Array): Checked {
  if (bytes.length > MAX_BYTES) {
    throw new Refusal('too-large', { zh: '文件超过 20 MB，请压缩或拆分。', en: 'Over 20 MiB: compress or split it.' });
  }
  const plain = plainName(name);
  const extension = /\.([a-z0-9]+)$/i.exec(plain)?.[1]?.toLowerCase() ?? '';
  const kind = KINDS.find(({ extensions }) => extensions.includes(extension));
  if (!kind) {
    const known = KINDS.flatMap(({ extensions }) => extensions).join(', ');
    throw new Refusal('invalid-request', {
      zh: `不支持的文件类型。可上传：${known}。`,
      en: `Not kept here. Send one of: ${known}.`,
    });
  }
  const head = Buffer.from(bytes.subarray(0, 32)).toString('hex');
  if (!kind.magic.some(([offset, hex]) => head.startsWith(hex, offset * 2))) {
    throw new Refusal('invalid-request', {
      zh: `文件内容不是 ${extension.toUpperCase()} 格式，请检查文件是否损坏或改过扩展名。`,
      en: `The contents are not ${extension.toUpperCase()}: the file is damaged or was renamed.`,
    });
  }
  return { name: plain, mediaType: kind.mediaType, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** The last part of a path, without control and direction characters, 200 characters at most, its ending kept. */
export function plainName(name: string): string {
  const last = name.normalize('NFC').split(/[/\\]/).at(-1) ?? '';
  const clean = last.replace(/[\p{Cc}\p{Cf}<>:"|?*]/gu, '').trim();
  const dot = clean.lastIndexOf('.');
  return dot < 0 ? clean.slice(0, 200) : `${clean.slice(0, Math.min(dot, 190))}${clean.slice(dot, dot + 10)}`;
}
