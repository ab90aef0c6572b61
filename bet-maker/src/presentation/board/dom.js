/** The element with this id. All elements that the scripts look up are in board.html. */
export const byId = (id) => document.getElementById(id)

/** Creates an element. `text` is inserted as text, never as HTML. */
export function element(name, className, text = '') {
  const created = document.createElement(name)
  created.className = className
  created.textContent = text
  return created
}

/** Text for screen readers only. */
export const screenReaderText = (text) => element('span', 'visually-hidden', text)

/** Writes only changed text: unchanged text is neither redrawn nor announced again. */
export function write(target, text) {
  if (target.textContent !== text) target.textContent = text
}

/**
 * Makes the children of `list` match `items`, in order. A child is created once by `make` and
 * reused for as long as its key is present, so focus, selection and animations survive. `leave`
 * gets the children whose key is gone.
 */
export function syncList(list, items, keyOf, make, leave = (child) => child.remove()) {
  const known = new Map([...list.children].map((child) => [child.dataset.key, child]))
  const keys = new Set(items.map(keyOf))
  for (const [key, child] of known) if (!keys.has(key)) leave(child)
  let next = list.firstElementChild
  for (const item of items) {
    const key = keyOf(item)
    const child = known.get(key) ?? make(item)
    child.dataset.key = key
    while (next !== null && next !== child && !keys.has(next.dataset.key))
      next = next.nextElementSibling
    if (next === child) next = next.nextElementSibling
    else list.insertBefore(child, next)
  }
}
