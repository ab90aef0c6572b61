const MOST_KEPT = 200

/** What was found to be off. All are counted, the first of them kept. */
export class Findings {
  readonly texts: string[] = []
  count = 0

  add(text: string): void {
    this.count++
    if (this.texts.length < MOST_KEPT) this.texts.push(text)
  }

  addAll(texts: readonly string[]): void {
    for (const text of texts) this.add(text)
  }
}
