/**
 * Collects the items of one tick and passes them to `flush` together, for example to write one log
 * line instead of many.
 */
export function coalescePerTick<Item>(
  flush: (items: readonly Item[]) => void,
): (item: Item) => void {
  let items: Item[] = []
  return (item) => {
    items.push(item)
    if (items.length > 1) return
    setImmediate(() => {
      const collected = items
      items = []
      flush(collected)
    })
  }
}
