import { dateText, shanghaiText } from '@ganzhi/schemas';
import type { DataSpan } from '@ganzhi/schemas/db';
import type { FastifyRequest } from 'fastify';
import { Refusal } from '../errors/refuse.ts';
import type { Permission } from './permissions.ts';
import type { DataWindow } from './rights.ts';
import type { SessionUser } from './session.ts';

/**
 * Rights that show figures of a span only (a contract's period). The database keeps them (migration 0161); here a person who has
 * no other right is told why nothing is shown, instead of being shown nothing.
 *
 * @param shown what the answer shows; undefined: the route does not say
 * @throws Refusal `forbidden` that names the spans
 */
export function assertShown(
  user: Pick<SessionUser, 'timeless' | 'windows'>,
  permission: Permission,
  shown: 'registry' | DataSpan | undefined,
): void {
  if (shown === 'registry' || user.timeless.includes(permission)) return;
  const windows = user.windows.filter((window) => window.permission === permission);
  if (windows.length === 0 || (shown && windows.some((window) => covers(window, shown)))) return;
  const [zh, en] = [windows.map(inChinese).join('；'), windows.map(inEnglish).join('; ')];
  throw new Refusal(
    'forbidden',
    shown
      ? {
          zh: `您的数据时段为 ${zh}，所请求的时段超出该范围。`,
          en: `Your data covers ${en}; what is asked for lies outside.`,
        }
      : {
          zh: `您的数据时段为 ${zh}，此功能不能按时段限定，因此不开放。`,
          en: `Your data covers ${en}; this cannot be limited to a span and is not open to you.`,
        },
  );
}

/** Whether the caller's right to read is limited to spans: an answer then leaves out what reaches over the asked span. */
export const isLimited = ({ session }: FastifyRequest, permission: Permission = 'data.read'): boolean =>
  session?.user.windows.some((window) => window.permission === permission) === true &&
  !session.user.cityWide.includes(permission);

const covers = ({ from, to }: DataWindow, { fromMs, toMs }: DataSpan): boolean =>
  fromMs <= toMs && fromMs >= (from ?? Number.NEGATIVE_INFINITY) && toMs <= (to ?? Number.POSITIVE_INFINITY);

const instant = (ms: number): string => (dateText(ms - 1) === dateText(ms) ? shanghaiText(ms) : dateText(ms));

const inChinese = ({ from, to }: DataWindow): string =>
  `${from === null ? '不限' : instant(from)} 至 ${to === null ? '不限' : instant(to)}`;

const inEnglish = ({ from, to }: DataWindow): string =>
  `${from === null ? 'any time' : instant(from)} to ${to === null ? 'any time' : instant(to)}`;
