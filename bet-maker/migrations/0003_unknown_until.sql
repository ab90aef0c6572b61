-- Until when the line did not have an event that somebody had made up: bets on it are void.
-- Whoever waits for a table holds up everybody who comes later, so each try gives up soon.
do $$
declare
  tries constant integer := 20;
begin
  for try in 1..tries loop
    begin
      set local lock_timeout = '100ms';
      alter table line_events add column unknown_until timestamp with time zone;
      alter table state_changes add column unknown_until timestamp with time zone;
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
