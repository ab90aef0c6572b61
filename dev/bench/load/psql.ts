import { findPostgresBin } from '../../services/debian-packages.ts'

/** Runs psql without a time limit and returns its output. Throws if it fails. */
export async function psql(databaseUrl: string, words: readonly string[]): Promise<string> {
  const options = ['-X', '-v', 'ON_ERROR_STOP=1', ...words]
  const child = Bun.spawn([`${findPostgresBin()}/psql`, ...options, databaseUrl], {
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [output, complaint] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ])
  if ((await child.exited) !== 0) throw new Error(`psql:\n${output}${complaint}`)
  return output
}
