/**
 * What the environment says of the runs of a property. A failure prints its seed, its path and its
 * plan: FC_SEED=… FC_PATH=… replays it, and with FC_SHRINK=1 it also looks for a shorter plan that
 * fails. FC_RUNS=… for another number of runs.
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
