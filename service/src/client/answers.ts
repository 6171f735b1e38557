/** A page that the service sent to a script instead of a window. */
export interface Answer {
  readonly document: Document
  /** Where it was found in the end, after redirects: path and query. */
  readonly path: string
  readonly status: number
}

/** Milliseconds after which a service that says nothing counts as one that cannot be reached. */
const PATIENCE = 10_000

/** Asks for a page. `isPassive`: nobody did anything, so it counts as no activity. Rejects where no page came. */
export function load(address: string, { isPassive = false } = {}): Promise<Answer> {
  return ask('GET', address, isPassive ? { 'Sojourn-Passive': '1' } : {})
}

/** Sends a form as the browser would, and answers the page that it leads to. Rejects where no page came. */
export function send(form: HTMLFormElement): Promise<Answer> {
  const fields = [...new FormData(form)].map(([name, value]) => [
    name,
    typeof value === 'string' ? value : value.name,
  ])
  return ask('POST', form.action, {}, new URLSearchParams(fields))
}

/**
 * The pages are what people get without scripts, too: so the words, the lock-outs and the tokens in them need no second
 * writing for scripts. The browser reads them as it reads any page, scripts in them do not run, and unlike `DOMParser` this
 * way takes no text for markup, so Trusted Types may be enforced.
 */
function ask(
  method: string,
  address: string,
  headers: Readonly<Record<string, string>>,
  body?: URLSearchParams,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open(method, address)
    request.responseType = 'document'
    request.timeout = PATIENCE
    for (const [name, value] of Object.entries({ Accept: 'text/html', ...headers })) {
      request.setRequestHeader(name, value)
    }
    const fail = (): void => {
      reject(new Error(`No page from ${address}.`))
    }
    request.onload = () => {
      const found = request.response as Document | null
      const { pathname, search } = new URL(request.responseURL)
      if (found === null) fail()
      else resolve({ document: found, path: pathname + search, status: request.status })
    }
    request.onerror = request.ontimeout = fail
    request.send(body)
  })
}
