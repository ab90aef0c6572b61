import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

// Part of `make check`: lines end at 100 columns, links in Markdown lead somewhere, and images of
// containers have one version everywhere.

const TEXT = /\.(md|ts|js|css|html|sql|sh|ya?ml)$|(^|\/)(Makefile|Dockerfile[^/]*)$/
/** Generated files, and old migrations, which are frozen. */
const EXEMPT = /\/schema\.sql$|\/before-squash\/.*\.sql$/
/** Tables in Markdown, and long URLs, cannot be wrapped. */
const UNWRAPPABLE = /^\||https?:\/\/\S{60}/
const USES_IMAGES = /^(docker-compose.*\.yml|Dockerfile.*)$/
/** An image, other than our own, and its tag. */
const IMAGE = /^\s*(?:image:|FROM)\s+([^\s:$]+)(?::(\S+))?/gm

const files = await Bun.$`git ls-files --cached --others --exclude-standard`.text()
const faults: string[] = []
const tags = new Map([['oven/bun', `${await pinnedBun()}-slim`]])
for (const file of files.split('\n').filter((it) => TEXT.test(it) && !EXEMPT.test(it))) {
  if (!existsSync(file)) continue
  const text = await Bun.file(file).text()
  const markdown = file.endsWith('.md')
  for (const [index, line] of text.split('\n').entries())
    if ([...line].length > 100 && !UNWRAPPABLE.test(line))
      faults.push(`${file}:${index + 1} has ${[...line].length} columns`)
  if (markdown) await checkLinks(file, text)
  if (USES_IMAGES.test(file)) checkImages(file, text)
}
for (const fault of faults) console.error(fault)
process.exit(faults.length > 0 ? 1 : 0)

/** Checks that a tag says at least MAJOR.MINOR, and is the same wherever its image is named. */
function checkImages(file: string, text: string): void {
  for (const [, image = '', tag = ''] of text.matchAll(IMAGE)) {
    if (!/^\d+\.\d+/.test(tag)) faults.push(`${file} has ${image}:${tag}: pin its minor version`)
    const first = tags.get(image) ?? tag
    if (tag !== first) faults.push(`${file} has ${image}:${tag}, elsewhere it is ${first}`)
    tags.set(image, first)
  }
}

/** The version of Bun for development, in package.json. */
async function pinnedBun(): Promise<string> {
  const { packageManager }: { packageManager: string } = await Bun.file('package.json').json()
  return packageManager.replace('bun@', '')
}

/** Checks that a relative link names an existing file, and its fragment a heading in it. */
async function checkLinks(file: string, text: string): Promise<void> {
  for (const [, link = ''] of withoutCode(text).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
    const [path, anchor] = link.split('#')
    const target = path ? join(dirname(file), path) : file
    const found = existsSync(target) && (!anchor || (await anchorsOf(target)).includes(anchor))
    if (!found) faults.push(`${file} links to ${link}: there is no such file or heading`)
  }
}

/** The fragments of a file's headings, as GitHub makes them. */
async function anchorsOf(file: string): Promise<string[]> {
  const headings = withoutCode(await Bun.file(file).text()).matchAll(/^#+ (.*)$/gm)
  return [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

function withoutCode(text: string): string {
  return text.replace(/^ *```[\s\S]*?^ *```/gm, '')
}
