/** Options whose value stands in the next argument. Those of other options count as filters. */
const WITH_NAME = ['-t', '--test-name-pattern']
const isUnit = (file: string) => file.includes('.unit.test.')

/**
 * Whether `bun test` with these arguments needs servers: not when all that it runs are unit tests.
 * `files` are the paths of all tests, from the root. As with `bun test`, a filter that starts with
 * `./` is a path, and another matches whatever has it in its path. In doubt the answer is yes.
 */
export function needServers(args: readonly string[], files: readonly string[]): boolean {
  const filters = args.filter(
    (arg, index) => !arg.startsWith('-') && !WITH_NAME.includes(args[index - 1] ?? ''),
  )
  return (
    filters.length === 0 ||
    filters.some((filter) => {
      const matched = files.filter((file) => `./${file}`.includes(filter))
      return matched.length === 0 || !matched.every(isUnit)
    })
  )
}
