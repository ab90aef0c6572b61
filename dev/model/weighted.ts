import fc from 'fast-check'

/** One of the choices, each as likely as its weight says. */
export const weighted = <T>(
  ...choices: [weight: number, arbitrary: fc.Arbitrary<T>][]
): fc.Arbitrary<T> => fc.oneof(...choices.map(([weight, arbitrary]) => ({ weight, arbitrary })))
