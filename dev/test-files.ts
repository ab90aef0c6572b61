/** Options with their value in the next argument. Values of other options count as filters. */
const WITH_VALUE = ['-t', '--test-name-pattern']
const isUnit = (file: string) => file.includes('.unit.test.')

/**
 * Whether `bun test` with these arguments needs servers: false if it runs only unit tests. `files`
 * are the paths of all tests, relative to the root. As in `bun test`, a filter that starts with
 * `./` is a path, and any other matches every path that contains it. In doubt, returns true.
 */
export function needServers(args: readonly string[], files: readonly string[]): boolean {
  const filters = args.filter(
    (arg, index) => !arg.startsWith('-') && !WITH_VALUE.includes(args[index - 1] ?? ''),
  )
  return (
    filters.length === 0 ||
    filters.some((filter) => {
      const matched = files.filter((file) => `./${file}`.includes(filter))
      return matched.length === 0 || !matched.every(isUnit)
    })
  )
}
