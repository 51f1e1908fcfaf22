import type { ComponentChildren } from 'preact';
import { useWords } from '../i18n/words.tsx';
import { type Freshness, freshnessOf } from '../poll/freshness.ts';
import type { PollState } from '../poll/poller.ts';
import { AlertIcon } from '../shell/icons.tsx';

export interface PageHeadProps {
  title: ComponentChildren;
  /** Everything the page shows; its age is the age of the oldest part. */
  polls: readonly PollState<unknown>[];
}

/** Title, "data as of", and the banner that says so when the picture has stopped moving. */
export function PageHead({ title, polls }: PageHeadProps) {
  const { t, format } = useWords();
  const freshness = freshnessOf(polls);
  const { checkedAt, problem } = freshness;
  return (
    <div class="page-top">
      <div class="page-head">
        <div class="page-title">{title}</div>
        <p class={problem ? 'as-of is-stale' : 'as-of'}>
          <i class="pulse" />
          {checkedAt === null ? (
            t.freshness.loading
          ) : (
            <>
              {t.freshness.asOf(format.clock(checkedAt))} <small>{t.freshness.zone}</small>
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
