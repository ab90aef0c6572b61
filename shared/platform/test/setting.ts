import { expect } from 'bun:test'
import { Env, SettingError } from '../src/process/env.ts'

/** An environment in which only SETTING is set, if a value is given. */
export const env = (value?: string) => new Env(value === undefined ? {} : { SETTING: value })

/** The message with which a setting is refused; undefined if it is accepted. */
export function refusal(read: () => unknown): string | undefined {
  try {
    read()
    return undefined
  } catch (error) {
    expect(error).toBeInstanceOf(SettingError)
    return (error as SettingError).message
  }
}
