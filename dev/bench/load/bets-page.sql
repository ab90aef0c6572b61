\set below 9223372036854775807
\set page 101
select * from bets where id < :below::bigint and client is not distinct from ''
order by id desc limit :page;
