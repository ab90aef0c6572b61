import type { Mutant } from '../mutant.ts'

export const SURROUNDINGS: Mutant[] = [
  {
    name: 'data-folder-not-locked',
    breaks: 'Two processes serve one folder of an embedded database and lose data.',
    edits: [
      {
        file: 'dev/embedded/folder-lock.ts',
        replace: `lock.run('begin exclusive')`,
        with: `lock.run('begin')`,
      },
    ],
    noticedBy: [
      [
        'dev/e2e/dev-mode.e2e.test.ts',
        'F56 one process per data folder, whatever its path; a killed holder frees it',
      ],
    ],
  },
  {
    name: 'times-as-the-database-likes',
    breaks: 'Times are read in whatever form the database has been told to write them.',
    edits: [
      {
        file: 'shared/platform/src/postgres/connection.ts',
        replace: `DateStyle: 'ISO, YMD',`,
        with: ``,
      },
    ],
    noticedBy: [
      [
        'dev/e2e/server-settings.e2e.test.ts',
        'F58 settings of databases and roles change nothing of what is read or promised',
      ],
    ],
    usesBroker: true,
  },
  {
    name: 'isolation-as-the-database-likes',
    breaks: 'Bets are placed under whatever isolation the database has been told to use.',
    edits: [
      {
        file: 'shared/platform/src/postgres/connection.ts',
        replace: `default_transaction_isolation: 'read committed',`,
        with: ``,
      },
    ],
    noticedBy: [
      [
        'dev/e2e/server-settings.e2e.test.ts',
        'F58 settings of databases and roles change nothing of what is read or promised',
      ],
    ],
    usesBroker: true,
  },
  {
    name: 'silence-not-watched-under-tls',
    breaks: 'Connections that freeze are kept, and every statement sent on them is lost.',
    edits: [
      {
        file: 'shared/platform/src/postgres/database.ts',
        replace: `connected: watchForSilence,`,
        with: ``,
      },
      {
        file: 'shared/platform/src/postgres/database.ts',
        replace: `import { CONNECT_TIMEOUT_MS, watchForSilence } from './database-socket.ts'`,
        with: `import { CONNECT_TIMEOUT_MS } from './database-socket.ts'`,
      },
    ],
    noticedBy: [
      ['dev/e2e/database-tls.e2e.test.ts', 'F59 frozen connections are given up under TLS, too'],
    ],
  },
  {
    name: 'requests-through-a-proxy',
    breaks: 'HTTP_PROXY without NO_PROXY closes the bets.',
    edits: [
      {
        file: 'shared/platform/src/process/run-process.ts',
        replace: `process.env.no_proxy = '*'`,
        with: ``,
      },
    ],
    noticedBy: [
      [
        'dev/e2e/addresses.e2e.test.ts',
        'F61 all addresses may be IPv6, and a proxy for the outside world is not used',
      ],
    ],
    usesBroker: true,
  },
  {
    name: 'broker-login-decoded-as-latin-1',
    breaks: 'RabbitMQ refuses a right password that has other characters than ASCII.',
    edits: [
      {
        file: 'shared/platform/src/broker/rabbitmq-connection.ts',
        replace: `credentials.plain(decodeURIComponent(username), decodeURIComponent(password))`,
        with: `credentials.plain(unescape(username), unescape(password))`,
      },
    ],
    noticedBy: [
      [
        'shared/platform/test/rabbitmq-alarm.int.test.ts',
        'F61 user, password and virtual host may have any characters, percent-encoded',
      ],
    ],
    usesBroker: true,
  },
]
