/**
 * Hosts that a request may always name: addresses and the names of this machine. A page of another
 * site cannot have one of them as its own, so it cannot be pointed here by its site's DNS.
 */
const ALWAYS = /^(?:[0-9]+(?:\.[0-9]+){3}|\[[0-9a-f:.]+\]|(?:[a-z0-9-]+\.)*localhost)$/

/** The length of `http://`: the host begins after it. */
const HOST_START = 7
const PORT = /:[0-9]+$/

/**
 * Answers whether a request's URL names a host that the app may be called under: an address,
 * `localhost`, or one of `names`, which are in lower case as in every URL.
 *
 * Without tokens, or with public ones, only being out of reach protects the app. But a site can
 * make its own name resolve to this machine (DNS rebinding), and its pages then reach the app
 * through their visitor's browser. Their requests name that site.
 */
export function createHostCheck(names: readonly string[]): (url: string) => boolean {
  const known = new Set(names)
  return (url) => {
    const host = url.slice(HOST_START, url.indexOf('/', HOST_START)).replace(PORT, '')
    return ALWAYS.test(host) || known.has(host)
  }
}
