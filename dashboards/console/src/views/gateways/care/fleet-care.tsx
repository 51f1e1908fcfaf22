import { useState } from 'preact/hooks';
import { useApp } from '../../../app-context.ts';
import { usePoll } from '../../../poll/use-poll.ts';
import { EnrolmentsCard } from './enrolments-card.tsx';
import { ReplaysCard } from './replays-card.tsx';
import { RolloutsCard } from './rollouts-card.tsx';

const CARE_MS = 10_000;
const SHOWN = 20;

/** What waits for whoever cares for the fleet: gateways that ask to be let in, firmware on its way, backlogs being sent. */
export function FleetCare() {
  const { api } = useApp();
  const [decided, setDecided] = useState(0);
  const enrolments = usePoll(`enrolments${decided}`, CARE_MS, (signal) =>
    api.enrolments({ state: 'pending', limit: SHOWN }, signal),
  );
  const rollouts = usePoll('rollouts', CARE_MS, (signal) => api.rollouts({ limit: SHOWN }, signal));
  const replays = usePoll('replays', CARE_MS, (signal) => api.replays({ active: true, limit: SHOWN }, signal));
  return (
    <>
      <EnrolmentsCard
        items={enrolments.data?.items ?? []}
        now={enrolments.checkedAt ?? 0}
        onDecided={() => setDecided((n) => n + 1)}
      />
      <ReplaysCard items={replays.data?.items ?? []} />
      <RolloutsCard items={rollouts.data?.items ?? []} />
    </>
  );
}
