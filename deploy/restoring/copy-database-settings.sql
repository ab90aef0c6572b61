-- Copies the owner, the privileges, the connection limit and the settings of database :running to
-- database :new. A dump does not contain them.
select format('alter database %I owner to %I', :'new', pg_get_userbyid(datdba))
from pg_database where datname = :'running'
\gexec

select format('alter database %I connection limit %s', :'new', datconnlimit)
from pg_database where datname = :'running'
\gexec

-- Without an access list, a database has the server's default, as the new one already has.
select format('revoke all on database %I from public', :'new')
from pg_database where datname = :'running' and datacl is not null
\gexec
select format('grant %s on database %I to %s %s', given.privilege_type, :'new',
              case given.grantee
                when 0 then 'public' else quote_ident(pg_get_userbyid(given.grantee))
              end,
              case when given.is_grantable then 'with grant option' end)
from pg_database d cross join aclexplode(d.datacl) given
where d.datname = :'running'
\gexec

-- Settings that are lists are stored already quoted. Quoting them again would turn the list into
-- one name.
select format(case when split_part(setting, '=', 1) in (
                     'search_path', 'session_preload_libraries', 'local_preload_libraries',
                     'temp_tablespaces'
                   )
                   then 'alter %s database %I set %I to %s'
                   else 'alter %s database %I set %I to %L' end,
              case s.setrole
                when 0 then '' else format('role %I in', pg_get_userbyid(s.setrole))
              end,
              :'new', split_part(setting, '=', 1), substr(setting, strpos(setting, '=') + 1))
from pg_db_role_setting s
join pg_database d on d.oid = s.setdatabase
cross join unnest(s.setconfig) setting
where d.datname = :'running'
\gexec
