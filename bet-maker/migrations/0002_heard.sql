-- What undoes a false message: who brought what the copy holds, and what the line refuted.
-- Whoever waits for a table holds up everybody who comes later, so each try gives up soon.
do $$
declare
  tries constant integer := 20;
begin
  for try in 1..tries loop
    begin
      set local lock_timeout = '100ms';
      -- The next feed sync reads everything, and finds what was false before.
      update feed_position set cursor = null;
      alter table line_events
        add column heard boolean not null default false,
        add column refuted_at timestamp with time zone;
      create index line_events_heard on line_events (event_id) where heard;
      alter table state_changes add column line_version bigint;
      create index state_changes_refuted on state_changes (event_id, version)
        where line_version is not null;
      exit;
    exception when lock_not_available then
      if try = tries then
        raise exception 'bet_db was not changed: somebody else, such as a backup or a vacuum, '
          'keeps its tables locked. Migrate again when that has ended.';
      end if;
      perform pg_sleep(0.2);
    end;
  end loop;
  set local lock_timeout = default;
end $$;
