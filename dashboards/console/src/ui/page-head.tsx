import type { ComponentChildren } from 'preact';
import { useWords } from '../i18n/words.tsx';
import { type Freshness, freshnessOf } from '../poll/freshness.ts';
import type { PollState } from '../poll/poller.ts';
import { AlertIcon } from '../shell/icons.tsx';

export interface PageHeadProps {
  title: ComponentChildren;
  /** Everything the page shows; its age is the age of the oldest part. */
  polls: readonly PollState<unknown>[];
  /** Time of the newest reading behind the figures, where the API tells it; otherwise the figures are as of the poll. */
  newest?: number | null;
}

/** Without a new reading for this long the picture is old, however often it is asked for. */
const OLD_MS = 15 * 60_000;

/** Title, "data as of", and the banner that says so when the picture has stopped moving. */
export function PageHead({ title, polls, newest = null }: PageHeadProps) {
  const { t, format } = useWords();
  const freshness = freshnessOf(polls);
  const { checkedAt, problem } = freshness;
  const asOf = newest ?? checkedAt;
  const old = newest !== null && checkedAt !== null && checkedAt - newest > OLD_MS;
  return (
    <div class="page-top">
      <div class="page-head">
        <div class="page-title">{title}</div>
        <p class={problem || old ? 'as-of is-stale' : 'as-of'}>
          <i class="pulse" />
          {checkedAt === null || asOf === null ? (
            t.freshness.loading
          ) : (
            <>
              {t.freshness.asOf(format.clock(asOf))} <small>{t.freshness.zone}</small>
              {old && <small>{t.freshness.old(format.ago(newest, checkedAt))}</small>}
            </>
          )}
        </p>
      </div>
      <div aria-live="polite">{problem && <StaleBanner freshness={freshness} />}</div>
    </div>
  );
}

function StaleBanner({ freshness: { checkedAt, problem } }: { freshness: Freshness }) {
  const { t, format } = useWords();
  const cause = !problem || problem.status === 0 ? t.freshness.offline : t.freshness.server(problem.code);
  return (
    <p class="banner is-warn">
      <AlertIcon />
      <span>{checkedAt === null ? t.freshness.never : t.freshness.stale(format.clock(checkedAt))}</span>
      <small>{cause}</small>
    </p>
  );
}
