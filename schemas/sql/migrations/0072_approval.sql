-- Up Migration
-- The course of each matter as dated data; a running application keeps the template it began with.
create table platform.approval_template (
  id int4 generated always as identity primary key,
  matter text not null,
  valid_from date not null,
  definition jsonb not null,
  source text not null,
  unique (matter, valid_from)
);
comment on table platform.approval_template is 'Courses of approval: levels, amounts, materials; the newest valid_from not after the day of application holds';

create table platform.approval (
  id int8 generated always as identity primary key,
  template_id int4 not null references platform.approval_template,
  -- module and id of what is applied for, 'leave/17'
  subject text not null,
  level text not null check (level in ('unit', 'town', 'district', 'city')),
  amount_fen int8 not null check (amount_fen >= 0),
  requested_by int4 not null references platform.app_user,
  requested_at timestamptz not null,
  -- folded from the events, kept for lists
  status text not null check (status in ('running', 'returned', 'approved', 'rejected', 'withdrawn')),
  step int4 not null default 0,
  due_at timestamptz
);
create index approval_by_subject on platform.approval (subject);
create index approval_overdue on platform.approval (due_at) where status = 'running';
-- one course at a time for one thing
create unique index approval_running on platform.approval (subject) where status in ('running', 'returned');

-- Append-only: the history is the truth, the row above is its summary.
create table platform.approval_event (
  approval_id int8 not null references platform.approval,
  seq int4 not null check (seq > 0),
  at timestamptz not null,
  event jsonb not null,
  primary key (approval_id, seq)
);

-- Who may decide now: the work list of a person.
create table platform.approval_seat (
  approval_id int8 not null references platform.approval,
  user_id int4 not null references platform.app_user,
  primary key (approval_id, user_id)
);
create index approval_seat_by_user on platform.approval_seat (user_id);

grant select, insert on platform.approval_template, platform.approval_event to ganzhi_api;
grant select, insert on platform.approval to ganzhi_api;
grant update (status, step, due_at) on platform.approval to ganzhi_api;
grant select, insert, delete on platform.approval_seat to ganzhi_api;
