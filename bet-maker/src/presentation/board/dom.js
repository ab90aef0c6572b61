/** The element with the id; everything that the scripts touch stands in board.html. */
export const byId = (id) => document.getElementById(id)

/** A new element of a class; text goes in as text, never as HTML. */
export function element(name, className, text = '') {
  const made = document.createElement(name)
  made.className = className
  made.textContent = text
  return made
}

/** A word that is heard and not seen. */
export const heard = (text) => element('span', 'hidden', text)

/** Writes only what differs, so that nothing is drawn, or read out, that has not changed. */
export function write(target, text) {
  if (target.textContent !== text) target.textContent = text
}

/**
 * Brings the children of a list into the order of `items`, each made once by `make` and kept as
 * long as its key is there: focus, selection and movement survive. Children whose key has gone are
 * handed to `leave`.
 */
export function keepInStep(list, items, keyOf, make, leave = (child) => child.remove()) {
  const known = new Map([...list.children].map((child) => [child.dataset.key, child]))
  const keys = new Set(items.map(keyOf))
  for (const [key, child] of known) if (!keys.has(key)) leave(child)
  let at = list.firstElementChild
  for (const item of items) {
    const key = keyOf(item)
    const child = known.get(key) ?? make(item)
    child.dataset.key = key
    while (at !== null && at !== child && !keys.has(at.dataset.key)) at = at.nextElementSibling
    if (at === child) at = at.nextElementSibling
    else list.insertBefore(child, at)
  }
}
