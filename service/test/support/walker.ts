import { requestsOf, VARIABLES, type Step, type Walk } from '../../src/api/walk/index.js'
import type { Description } from '../../src/api/index.js'
import type { Answer, Client } from './client.js'

/** Goes a walk through the API, as Postman would; answers what each step came to. */
export async function goWalks(
  walks: readonly Walk[],
  description: Description,
  client: Client,
  given: Readonly<Record<string, string>>,
): Promise<readonly { readonly step: Step; readonly answer: Answer }[]> {
  const requestOf = requestsOf(description)
  const variables = new Map(Object.entries({ ...VARIABLES, ...given }))
  const fill = (text: string): string =>
    text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => variables.get(name) ?? '')
  const gone: { step: Step; answer: Answer }[] = []
  for (const step of walks.flatMap(({ steps }) => steps)) {
    if (step.isNewPerson === true) variables.set('username', `walker-${gone.length}`)
    const { method, path, body } = requestOf(step)
    const { by = 'cookie', isPage, keeps = {} } = step
    const isBearer = by !== 'cookie' && by !== 'nobody'
    const answer = await client.request(method, fill(path), {
      headers: {
        Accept: isPage === true ? 'text/html' : 'application/json',
        ...(isBearer ? { Authorization: `Bearer ${variables.get(by) ?? ''}` } : {}),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: fill(JSON.stringify(body)) }),
      ...(by === 'cookie' ? {} : { cookie: '' }),
    })
    gone.push({ step, answer })
    for (const [name, at] of Object.entries(keeps)) variables.set(name, valueAt(answer, at))
  }
  return gone
}

function valueAt(answer: Answer, at: string): string {
  let value: unknown = answer.json()
  for (const name of at.split('.')) value = (value as Readonly<Record<string, unknown>>)[name]
  return String(value)
}
