import { defineConfig } from 'drizzle-kit'

/** For `bun x drizzle-kit generate`, which writes the next migration from the schema. */
export default defineConfig({
  dialect: 'postgresql',
  schema: './src/infrastructure/*schema.ts',
  out: './migrations',
})
