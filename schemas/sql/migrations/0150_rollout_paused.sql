-- Up Migration
-- A person's pause is no finding against the image: it gets a state of its own. What was stopped so far by a person (the last judgement
-- of its cohort did not say so) is paused from now on.
alter table care.rollout drop constraint rollout_state_check;
alter table care.rollout
  add constraint rollout_state_check check (state in ('running', 'paused', 'stopped', 'completed', 'aborted'));
update care.rollout r set state = 'paused'
where state = 'stopped' and coalesce((
  select verdict from care.rollout_check c where c.rollout_id = r.id and c.stage = r.stage order by id desc limit 1
), 'wait') <> 'stop';
comment on table care.rollout is
  'Staged firmware roll-outs; stopped by analytics, paused by a person, resumed or aborted by a person';
