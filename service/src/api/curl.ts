import type { Listed } from './listing.js'
import { exampleOf } from './listing.js'

/** The variables of a shell that hold what nobody should write into a command. */
const CREDENTIALS: Readonly<Record<string, string>> = {
  cookie: '-b cookies.txt -c cookies.txt',
  client: '-u "$CLIENT_ID:$CLIENT_SECRET"',
  adminToken: '-H "Authorization: Bearer $ADMIN_TOKEN"',
  metricsToken: '-H "Authorization: Bearer $METRICS_TOKEN"',
  refreshToken: '-H "Authorization: Bearer $REFRESH_TOKEN"',
}

/** How to ask for an operation by curl; `address`: of the service. */
export function curlOf({ method, path, operation }: Listed, address: string): string {
  const url = `${address}${path.replace(/\{(\w+)\}/g, (_, name: string) => `$${name.toUpperCase()}`)}`
  const body = operation.requestBody as { content?: Parameters<typeof exampleOf>[0] } | undefined
  // The refresh token goes in the header: an example of it in the body would come twice.
  const schemes = (operation.security ?? []).flatMap((one) => Object.keys(one))
  const example = schemes[0] === 'refreshToken' ? undefined : exampleOf(body?.content)
  const scheme = schemes.find((name) => Object.hasOwn(CREDENTIALS, name))
  return [
    'curl',
    ...(method === 'GET' ? [] : [`-X ${method}`]),
    // What comes is shown as it comes.
    ...(isStream(operation) ? ['-N'] : []),
    ...(url.includes('$') ? [`"${url}"`] : [quoted(url)]),
    ...(scheme === undefined ? [] : [CREDENTIALS[scheme]]),
    ...(example === undefined ? [] : [`-H 'Content-Type: application/json'`]),
    ...(example === undefined ? [] : [`-d ${quoted(JSON.stringify(example))}`]),
  ]
    .join(' ')
    .replace(/ (-[Hd]) /g, ' \\\n  $1 ')
}

function isStream({ responses = {} }: Listed['operation']): boolean {
  return Object.hasOwn(
    (responses['200'] as Answered | undefined)?.content ?? {},
    'text/event-stream',
  )
}

interface Answered {
  readonly content?: object
}

/** Text as one word of a shell. */
export function quoted(text: string): string {
  return /^[\w./:@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
