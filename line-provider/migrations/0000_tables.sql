-- The tables of line_db. Frozen: databases have been made by it (digests.json; `make check` fails
-- when it is edited). The next change of a table is a migration of its own.
--
-- Generated from src/infrastructure/schema.ts, then given what that file cannot say: keys in byte
-- order (collate "C"), so that every statement that takes several rows takes them in the same
-- order, whatever the database's locale.
create table events (
  event_id text collate "C" primary key not null,
  coefficient_hundredths integer not null,
  deadline bigint not null,
  state text not null,
  suspended boolean not null,
  version bigint not null,
  reason text,
  changed_at timestamp with time zone not null,
  seq bigint,
  constraint events_state check (state in ('NEW', 'FINISHED_WIN', 'FINISHED_LOSE', 'CANCELLED')),
  constraint events_coefficient check (coefficient_hundredths between 100 and 9999999)
);
--> statement-breakpoint
create table feed (
  singleton boolean primary key default true not null,
  feed_id uuid default gen_random_uuid() not null,
  last_seq bigint default 0 not null,
  version_base bigint default 0 not null,
  constraint feed_one_row check (singleton)
);
--> statement-breakpoint
create table relay_lease (
  singleton boolean primary key default true not null,
  holder text,
  lease_until timestamp with time zone,
  published_seq bigint default 0 not null,
  constraint relay_lease_one_row check (singleton)
);
--> statement-breakpoint
create unique index events_seq on events (seq);
--> statement-breakpoint
create index events_unnumbered on events (event_id) where seq is null;
--> statement-breakpoint
create index events_open on events (deadline, event_id) where state = 'NEW' and not suspended;
--> statement-breakpoint
insert into feed default values;
--> statement-breakpoint
insert into relay_lease default values;
