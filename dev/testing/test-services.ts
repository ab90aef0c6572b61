/** The URL of a server that `dev/test.ts` starts for tests. */
export function testServiceUrl(setting: 'TEST_DATABASE_URL' | 'TEST_BROKER_URL'): string {
  const url = process.env[setting]
  if (!url)
    throw new Error(
      `${setting} is not set. Run tests by "bun run test [FILE]", which starts servers for them.`,
    )
  return url
}
