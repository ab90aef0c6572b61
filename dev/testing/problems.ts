import { PROBLEMS as BET_PROBLEMS } from '@bets/bet-maker/src/presentation/route.ts'
import { PROBLEMS as LINE_PROBLEMS } from '@bets/line-provider/src/presentation/route.ts'

/** The problems of both services; a code means the same in either. */
export const PROBLEMS = { ...LINE_PROBLEMS, ...BET_PROBLEMS }
export type ProblemCode = keyof typeof PROBLEMS
