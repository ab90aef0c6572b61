/**
 * The settings of a property from the environment. A failure prints its seed, path and plan.
 * FC_SEED=… FC_PATH=… replays it, FC_SHRINK=1 also looks for a shorter plan that fails, and
 * FC_RUNS=… sets the number of runs.
 */
export function chosenRuns(byDefault: number) {
  const { FC_RUNS, FC_SEED, FC_PATH, FC_SHRINK } = process.env
  return {
    numRuns: Number(FC_RUNS ?? byDefault),
    ...(FC_SEED && { seed: Number(FC_SEED) }),
    ...(FC_PATH && { path: FC_PATH }),
    endOnFailure: FC_SHRINK === undefined,
  }
}
