import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

// Part of `make check`: lines of Markdown end at 100 columns, and its links lead somewhere. `--all`
// looks at the lines of every other kind of text, too.

const MAX_COLUMNS = 100
const TEXT = process.argv.includes('--all')
  ? /\.(md|ts|js|css|html|sql|sh|ya?ml)$|(^|\/)(Makefile|Dockerfile[^/]*)$/
  : /\.md$/
/** Generated. */
const EXEMPT = /^docs\/api\/|\/migrations\/(meta\/|schema\.sql$)/
/** Tables in Markdown, and long URLs, cannot be wrapped. */
const UNWRAPPABLE = /^\||https?:\/\/\S{60}/

const list = await Bun.$`git ls-files --cached --others --exclude-standard`.text()
const faults: string[] = []
for (const file of list.split('\n').filter((it) => TEXT.test(it) && !EXEMPT.test(it))) {
  if (!existsSync(file)) continue
  const text = await Bun.file(file).text()
  for (const [index, line] of text.split('\n').entries())
    if ([...line].length > MAX_COLUMNS && !UNWRAPPABLE.test(line))
      faults.push(`${file}:${index + 1} has ${[...line].length} columns`)
  if (file.endsWith('.md')) await checkLinks(file, text)
}
for (const fault of faults) console.error(fault)
if (faults.length > 0) process.exit(1)

/** A relative link must name a file, and its fragment a heading in it. */
async function checkLinks(file: string, text: string): Promise<void> {
  for (const [, link = ''] of withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^https?:/.test(link)) continue
    const [path, anchor] = link.split('#')
    const target = path ? join(dirname(file), path) : file
    if (!existsSync(target)) faults.push(`${file} links to ${link}: there is no such file`)
    else if (anchor !== undefined && !(await anchorsOf(target)).has(anchor))
      faults.push(`${file} links to ${link}: there is no such heading`)
  }
}

/** The fragments of a file's headings, as GitHub makes them. */
async function anchorsOf(file: string): Promise<Set<string>> {
  const headings = withoutCode(await Bun.file(file).text()).matchAll(/^#+ (.*)$/gm)
  return new Set(
    [...headings].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}

function withoutCode(text: string): string {
  return text.replace(/^```[\s\S]*?^```/gm, '')
}
