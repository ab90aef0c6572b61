-- What the migrations and functions of this folder make of a database, to read: nothing runs it.
-- After a change: bun dev/migrations/schema.ts. The bodies of the functions are in
-- functions/NAME.sql; who may do what is in rights.sql.

create table events (
  event_id text collate "C" not null,
  coefficient_hundredths integer not null,
  deadline bigint not null,
  state text not null,
  suspended boolean not null,
  version bigint not null,
  reason text,
  changed_at timestamp with time zone not null,
  seq bigint,
  ended_at timestamp with time zone,
  constraint events_coefficient CHECK (((coefficient_hundredths >= 100) AND (coefficient_hundredths
    <= 9999999))),
  constraint events_pkey PRIMARY KEY (event_id),
  constraint events_state CHECK ((state = ANY (ARRAY['NEW'::text, 'FINISHED_WIN'::text,
    'FINISHED_LOSE'::text, 'CANCELLED'::text])))
);

create table feed (
  singleton boolean not null default true,
  feed_id uuid not null default gen_random_uuid(),
  last_seq bigint not null default 0,
  version_base bigint not null default 0,
  constraint feed_one_row CHECK (singleton),
  constraint feed_pkey PRIMARY KEY (singleton)
);

create table relay_lease (
  singleton boolean not null default true,
  holder text,
  lease_until timestamp with time zone,
  published_seq bigint not null default 0,
  constraint relay_lease_one_row CHECK (singleton),
  constraint relay_lease_pkey PRIMARY KEY (singleton)
);

CREATE INDEX events_open ON public.events USING btree (deadline, event_id) WHERE ((state =
    'NEW'::text) AND (NOT suspended));

CREATE INDEX events_unnumbered ON public.events USING btree (event_id) WHERE (seq IS NULL);

CREATE UNIQUE INDEX events_seq ON public.events USING btree (seq);

create function advance_relay_lease(the_holder text, up_to bigint)
  returns double precision
  language sql volatile security definer
  set search_path=pg_catalog, public, pg_temp;

create function change_applies(e events, new_coefficient integer, new_deadline bigint, new_state
    text, new_suspended boolean, new_reason text, new_ended_at timestamp with time zone)
  returns boolean
  language sql immutable;

create function change_events(changes text)
  returns TABLE(change integer, outcome text, event_id text, coefficient_hundredths integer,
    deadline bigint, state text, suspended boolean, version bigint, reason text, changed_at
    timestamp with time zone, ended_at timestamp with time zone)
  language plpgsql volatile security definer
  set search_path=pg_catalog, public, pg_temp set enable_seqscan=off set enable_bitmapscan=off set
    jit=off;

create function hold_relay_lease(the_holder text, lease_ms integer)
  returns bigint
  language sql volatile security definer
  set search_path=pg_catalog, public, pg_temp;

create function number_changes()
  returns bigint
  language plpgsql volatile security definer
  set search_path=pg_catalog, public, pg_temp set enable_seqscan=off set enable_bitmapscan=off set
    jit=off set enable_sort=off;

create function release_relay_lease(the_holder text)
  returns void
  language sql volatile security definer
  set search_path=pg_catalog, public, pg_temp;
