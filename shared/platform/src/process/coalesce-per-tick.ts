/**
 * Collects what is given within one tick and hands it over together: one line of the log instead of
 * one for each.
 */
export function coalescePerTick<Item>(
  handOver: (items: readonly Item[]) => void,
): (item: Item) => void {
  let items: Item[] = []
  return (item) => {
    items.push(item)
    if (items.length > 1) return
    setImmediate(() => {
      const together = items
      items = []
      handOver(together)
    })
  }
}
