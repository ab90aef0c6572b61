import { ACCESS, testAccess } from '../../dev/testing/access-suite.ts'
import { FAR_DEADLINE } from '../../dev/testing/line-event.ts'
import { useLineApp, wireLineApp } from './line-app.ts'

const line = await useLineApp(ACCESS)

testAccess({
  deps: () => line,
  withAccess: (access) => wireLineApp(line.sql, access).app,
  protectedRoutes: [
    [['PUT', '/event', { event_id: 'm-1', state: 'FINISHED_WIN', deadline: FAR_DEADLINE }], 422],
  ],
  openRoutes: [
    ...['/event/m-1', '/events', '/events/changes'],
    ...['/health/live', '/health/ready', '/docs', '/docs/json', '/openapi.json'],
  ],
  otherKind: 'local-client-token',
})
