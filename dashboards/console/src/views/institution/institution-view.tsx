import { useApp } from '../../app-context.ts';
import { UNKNOWN } from '../../format.ts';
import { useTitle, useWords } from '../../i18n/words.tsx';
import { usePoll } from '../../poll/use-poll.ts';
import { BackIcon } from '../../shell/icons.tsx';
import { PageHead } from '../../ui/page-head.tsx';
import { InstitutionFacts } from './institution-facts.tsx';
import { InstitutionTiles } from './institution-tiles.tsx';
import { MetersCard } from './meters-card.tsx';
import { QuotaCard } from './quota-card.tsx';
import { SpanChart } from './span-chart.tsx';
import { lastDays, lastHours } from './spans.ts';

const INSTITUTION_MS = 15_000;

/** One institution: the last day and month drawn, its quota, its meters. */
export function InstitutionView({ id }: { id: number }) {
  const { t, format } = useWords();
  const { api } = useApp();
  const about = usePoll(`institution ${id}`, INSTITUTION_MS, (signal) => api.institution(id, signal));
  const meters = usePoll(`meters ${id}`, INSTITUTION_MS, (signal) => api.meters(id, signal));
  const now = about.checkedAt;
  const hours = usePoll(`hours ${id}`, INSTITUTION_MS, (signal) => api.consumption(id, lastHours(api.now()), signal));
  const days = usePoll(`days ${id}`, INSTITUTION_MS, (signal) => api.consumption(id, lastDays(api.now()), signal));
  const institution = about.data;
  useTitle(institution ? format.name(institution) : t.table.caption);

  if (about.problem?.status === 404) {
    return (
      <div class="empty">
        <p>{t.institution.notFound}</p>
        <a class="button" href="#/city">
          {t.institution.back}
        </a>
      </div>
    );
  }
  return (
    <>
      <PageHead
        title={
          <>
            <a class="back" href="#/city">
              <BackIcon />
              <span>{t.institution.back}</span>
            </a>
            <h1>{institution ? format.name(institution) : UNKNOWN}</h1>
            {institution && <InstitutionFacts institution={institution} />}
          </>
        }
        polls={[about, meters, hours, days]}
      />
      <InstitutionTiles institution={institution} now={now} />
      <div class="columns">
        <SpanChart title={t.institution.hours} consumption={hours.data} now={hours.checkedAt} />
        <SpanChart title={t.institution.days} consumption={days.data} now={days.checkedAt} />
      </div>
      <QuotaCard institution={institution} now={now} />
      <MetersCard items={meters.data?.items ?? null} now={meters.checkedAt ?? 0} />
    </>
  );
}
