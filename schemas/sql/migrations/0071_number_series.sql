-- Up Migration
create table platform.number_series (
  code text not null,
  year int4 not null,
  last int4 not null check (last > 0),
  primary key (code, year)
);
comment on table platform.number_series is 'Last number given per series and year; a number belongs to the transaction that took it';
grant select, insert, update on platform.number_series to ganzhi_api;
