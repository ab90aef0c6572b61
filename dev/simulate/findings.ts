const MOST_STORED = 200

/** Mismatches found in a run. All are counted; only the first are stored. */
export class Findings {
  readonly texts: string[] = []
  count = 0

  add(text: string): void {
    this.count++
    if (this.texts.length < MOST_STORED) this.texts.push(text)
  }

  addAll(texts: readonly string[]): void {
    for (const text of texts) this.add(text)
  }
}
