/** What the guard says of requests, by hand-made ones over a real socket: method × Sec-Fetch-Site × Origin × token × transport. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FORM, outcomeOf, stage, type Stage, type Visitor } from './support.js'

const EVIL = 'https://attacker.example'
const TRUSTED = 'https://trusted.example'
const PUBLIC = 'https://app.example'

const SITE = 'cross_origin: sec-fetch-site'
const ORIGIN = 'cross_origin: origin'
const MISSING = 'csrf_invalid: token_missing'
const REPEATED = 'csrf_invalid: token_repeated'
const MALFORMED = 'csrf_invalid: token_malformed'
const FOREIGN = 'csrf_invalid: token_of_another_session'

let the: Stage
let ada: Visitor
/** What the rows of the table mean by their words for tokens. */
const tokens: Record<string, string> = {}

beforeAll(async () => {
  the = await stage({
    plain: { trustedOrigins: [TRUSTED] },
    public: { origin: PUBLIC },
    always: { tokens: 'always' },
    record: { mode: 'record', tokens: 'always' },
    exempt: { exempt: [{ method: 'POST', path: '/exempt/hook' }] },
    entry: { signInPaths: ['/entry/login'] },
  })
  ada = the.client()
  tokens['of a guest'] = await ada.token()
  await ada.signIn()
  const bob = await the.client().signIn('bob')
  for (const variant of ['plain', 'always', 'record']) {
    const good = await ada.token(variant)
    tokens[`good ${variant}`] = good
    tokens[`bob's ${variant}`] = await bob.token(variant)
    tokens[`truncated ${variant}`] = good.slice(0, -1)
    tokens[`tampered ${variant}`] = good.slice(0, -1) + (good.endsWith('A') ? 'B' : 'A')
    tokens[`salted anew ${variant}`] = `AAAAAAAAAAAA${good.slice(12)}`
    tokens[`MAC of bob's ${variant}`] = good.slice(0, 12) + (await bob.token(variant)).slice(12)
    tokens[`doubled ${variant}`] = good + good
  }
})
afterAll(async () => the.close())

interface Row {
  readonly method?: string
  readonly path?: string
  /** `undefined`: the header is not sent. */
  readonly site?: string | readonly string[]
  /** `own`: of the host that is asked. */
  readonly origin?: string | readonly string[]
  readonly type?: string
  readonly body?: string
  /** A token by its word, in the header. */
  readonly header?: string | readonly string[]
  /** A token by its word, in the form. */
  readonly field?: string
  readonly query?: string
  readonly authorization?: string
  readonly cookie?: 'session' | 'none' | 'both' | 'other'
  readonly more?: Readonly<Record<string, string>>
}

/** Go 1.25's documented cases (net/http, CrossOriginProtection), without a body as there. */
const OF_GO: readonly (readonly [string, Row, string])[] = [
  ['same-origin allowed', { site: 'same-origin' }, 'done'],
  ['none allowed', { site: 'none' }, 'done'],
  ['cross-site blocked', { site: 'cross-site' }, SITE],
  ['same-site blocked', { site: 'same-site' }, SITE],
  ['no header with no origin', {}, 'done'],
  ['no header with matching origin', { origin: 'own' }, 'done'],
  ['no header with mismatched origin', { origin: EVIL }, ORIGIN],
  ['no header with null origin', { origin: 'null' }, ORIGIN],
  ['GET allowed', { method: 'GET', site: 'cross-site' }, 'done'],
  ['HEAD allowed', { method: 'HEAD', site: 'cross-site' }, 'done'],
  ['OPTIONS allowed', { method: 'OPTIONS', site: 'cross-site' }, 'done'],
  ['PUT blocked', { method: 'PUT', site: 'cross-site' }, SITE],
  ['trusted origin without sec-fetch-site', { origin: TRUSTED }, 'done'],
  ['trusted origin with cross-site', { origin: TRUSTED, site: 'cross-site' }, 'done'],
  ['untrusted origin with cross-site', { origin: EVIL, site: 'cross-site' }, SITE],
  ['bypass path', { path: '/exempt/hook', origin: EVIL }, 'done'],
  [
    'bypass path with cross-site',
    { path: '/exempt/hook', origin: EVIL, site: 'cross-site' },
    'done',
  ],
  ['non-bypass path', { path: '/exempt/api', origin: EVIL }, ORIGIN],
]

const form = (row: Row = {}): Row => ({ type: FORM, ...row })
const always = (row: Row): Row => ({ path: '/always/do', ...row })
const record = (row: Row): Row => ({ path: '/record/do', ...row })

const STRICTER: readonly (readonly [string, Row, string])[] = [
  // Sec-Fetch-Site is one of four words, once.
  ['doubled Sec-Fetch-Site', { site: ['same-origin', 'same-origin'] }, SITE],
  ['two words', { site: ['same-origin', 'cross-site'] }, SITE],
  ['an unknown word', { site: 'same-party' }, SITE],
  ['an unknown word of a trusted origin', { site: 'x', origin: TRUSTED }, SITE],
  ['upper case', { site: 'SAME-ORIGIN' }, SITE],
  ['an empty word', { site: '' }, SITE],
  // Origin.
  ['none with a foreign origin', { site: 'none', origin: EVIL }, ORIGIN],
  ['none with our own origin', { site: 'none', origin: 'own' }, 'done'],
  ['two origins', { origin: [EVIL, TRUSTED] }, ORIGIN],
  ['our origin twice', { origin: [TRUSTED, TRUSTED] }, ORIGIN],
  ['a trusted origin with a port', { origin: `${TRUSTED}:8443` }, ORIGIN],
  ['a trusted origin by http', { origin: 'http://trusted.example' }, ORIGIN],
  ['what begins like a trusted origin', { origin: `${TRUSTED}.attacker.example` }, ORIGIN],
  ['a subdomain of a trusted origin', { origin: 'https://sub.trusted.example' }, ORIGIN],
  ['a trusted origin in capitals', { origin: 'HTTPS://TRUSTED.EXAMPLE' }, ORIGIN],
  ['an empty origin', { origin: '' }, ORIGIN],
  ['a public origin', { path: '/public/do', origin: PUBLIC }, 'done'],
  ['a public origin by http', { path: '/public/do', origin: 'http://app.example' }, ORIGIN],
  ['our host, but not the public origin', { path: '/public/do', origin: 'own' }, ORIGIN],
  // All methods but three.
  ['PATCH from elsewhere', { method: 'PATCH', site: 'cross-site' }, SITE],
  ['DELETE from elsewhere', { method: 'DELETE', origin: EVIL }, ORIGIN],
  ['a method nobody knows', { method: 'PROPFIND', site: 'cross-site' }, SITE],
  // No word of the browser: a form needs a token, by header or field.
  ['a form', form(), MISSING],
  ['a form without cookies', form({ cookie: 'none' }), 'done'],
  ['a form with any cookie', form({ cookie: 'other' }), MISSING],
  ['plain text', { type: 'text/plain', body: '{"a":1}' }, MISSING],
  ['multipart', { type: 'multipart/form-data; boundary=x', body: '--x--' }, MISSING],
  ['a body without type', { body: '{}' }, MISSING],
  ['two types in one', { type: 'application/json, text/plain', body: '{}' }, MISSING],
  ['a form in capitals', { type: 'Application/X-WWW-Form-Urlencoded' }, MISSING],
  [
    'plain text that says it is JSON',
    { type: 'text/plain; application/json', body: '{}' },
    MISSING,
  ],
  ['JSON', { type: 'application/json', body: '{}' }, 'done'],
  ['a form with its token in the header', form({ header: 'good plain' }), 'done'],
  ['a form with its token in a field', form({ field: 'good plain' }), 'done'],
  ['a form with its token in the address', form({ query: 'good plain' }), MISSING],
  ['a form of the browser’s own page, without token', form({ site: 'same-origin' }), 'done'],
  [
    'a form of another site, with a good token',
    form({ site: 'cross-site', field: 'good plain' }),
    SITE,
  ],
  [
    'a form of a sibling, with a good token',
    form({ site: 'same-site', header: 'good plain' }),
    SITE,
  ],
  ['a form of null, with a good token', form({ origin: 'null', field: 'good plain' }), ORIGIN],
  ['a token of somebody else', form({ header: "bob's plain" }), FOREIGN],
  ['a token of before the sign-in', form({ header: 'of a guest' }), FOREIGN],
  ['half a token', form({ header: 'truncated plain' }), MALFORMED],
  ['two tokens in a row', form({ header: 'doubled plain' }), MALFORMED],
  ['a tampered token', form({ field: 'tampered plain' }), FOREIGN],
  ['another salt', form({ field: 'salted anew plain' }), FOREIGN],
  ['somebody else’s MAC', form({ field: "MAC of bob's plain" }), FOREIGN],
  ['an empty token', form({ header: '' }), MISSING],
  ['a good token twice', form({ header: ['good plain', 'good plain'] }), REPEATED],
  [
    'a good header counts, not a bad field',
    form({ header: 'good plain', field: "bob's plain" }),
    'done',
  ],
  [
    'a bad header is not mended by a good field',
    form({ header: "bob's plain", field: 'good plain' }),
    FOREIGN,
  ],
  ['two fields', form({ body: '_csrf=a&_csrf=b' }), REPEATED],
  // Access tokens.
  [
    'an access token alone',
    { site: 'cross-site', origin: EVIL, authorization: 'Bearer x', cookie: 'none' },
    'done',
  ],
  ['a DPoP token alone', { site: 'cross-site', authorization: 'DPoP x', cookie: 'none' }, 'done'],
  ['an access token beside a cookie', { site: 'cross-site', authorization: 'Bearer x' }, SITE],
  ['a form with an access token beside a cookie', form({ authorization: 'Bearer x' }), MISSING],
  [
    'a password of the browser',
    { site: 'cross-site', authorization: 'Basic eDp5', cookie: 'none' },
    SITE,
  ],
  // Tokens always.
  [
    'always: JSON of our own page',
    always({ site: 'same-origin', type: 'application/json' }),
    MISSING,
  ],
  [
    'always: the same with its token',
    always({ site: 'same-origin', header: 'good always' }),
    'done',
  ],
  ['always: DELETE', always({ method: 'DELETE' }), MISSING],
  ['always: GET', always({ method: 'GET' }), 'done'],
  [
    'always: from elsewhere with a token',
    always({ site: 'cross-site', header: 'good always' }),
    SITE,
  ],
  [
    'always: somebody else’s token',
    always({ site: 'same-origin', header: "bob's always" }),
    FOREIGN,
  ],
  ['always: no cookie, nothing at stake', always({ cookie: 'none' }), 'done'],
  ['always: an access token alone', always({ cookie: 'none', authorization: 'Bearer x' }), 'done'],
  // Tokens in the record.
  ['record: without', record({ site: 'same-origin' }), MISSING],
  ['record: with its token', record({ site: 'same-origin', header: 'good record' }), 'done'],
  ['record: in a form', record(form({ field: 'good record' })), 'done'],
  ['record: somebody else’s', record({ header: "bob's record" }), FOREIGN],
  ['record: tampered', record({ header: 'tampered record' }), FOREIGN],
  ['record: truncated', record({ header: 'truncated record' }), MALFORMED],
  ['record: a token of the other kind', record({ header: 'good plain' }), FOREIGN],
  // Where somebody without cookies signs in.
  ['sign-in: a form without cookies', form({ path: '/entry/login', cookie: 'none' }), MISSING],
  ['sign-in: in another spelling', form({ path: '/entry//Login/', cookie: 'none' }), MISSING],
  ['sign-in: encoded', form({ path: '/entry/l%6fgin', cookie: 'none' }), MISSING],
  [
    'sign-in: JSON',
    { path: '/entry/login', type: 'application/json', body: '{}', cookie: 'none' },
    'done',
  ],
  [
    'sign-in: from elsewhere',
    form({ path: '/entry/login', site: 'cross-site', cookie: 'none' }),
    SITE,
  ],
  ['beside it: a form without cookies', form({ path: '/entry/other', cookie: 'none' }), 'done'],
]

const OVERRIDES: readonly (readonly [string, Row, string])[] = [
  [
    'POST that calls itself GET',
    { site: 'cross-site', more: { 'x-http-method-override': 'GET' } },
    SITE,
  ],
  ['a form that calls itself GET', form({ path: '/plain/do?_method=GET' }), MISSING],
  ['a field that says GET', form({ body: '_method=GET' }), MISSING],
  [
    'POST that calls itself DELETE',
    { site: 'cross-site', more: { 'x-http-method-override': 'DELETE' } },
    SITE,
  ],
  [
    'GET that calls itself DELETE',
    { method: 'GET', site: 'cross-site', path: '/plain/do?_method=DELETE' },
    SITE,
  ],
  [
    'other spellings',
    { site: 'cross-site', more: { 'x-method-override': 'GET', 'x-http-method': 'GET' } },
    SITE,
  ],
  [
    'POST of our own',
    { site: 'same-origin', more: { 'x-http-method-override': 'DELETE' } },
    'done',
  ],
]

const EXEMPTED = '/exempt/hook'
const EXACT: readonly (readonly [string, Row, string])[] = [
  ['as it is', { path: EXEMPTED }, 'done'],
  ['with a query', { path: `${EXEMPTED}?a=/exempt/hook` }, 'done'],
  ['a slash behind', { path: `${EXEMPTED}/` }, SITE],
  ['below it', { path: `${EXEMPTED}/admin` }, SITE],
  ['what begins like it', { path: `${EXEMPTED}s` }, SITE],
  ['in capitals', { path: '/exempt/HOOK' }, SITE],
  ['through another path', { path: '/exempt/../exempt/hook' }, SITE],
  ['with two slashes', { path: '/exempt//hook' }, SITE],
  ['encoded', { path: '/exempt/h%6fok' }, SITE],
  ['with a parameter', { path: `${EXEMPTED};x=1` }, SITE],
  ['in a query', { path: '/exempt/api?/exempt/hook' }, SITE],
  ['by another method', { path: EXEMPTED, method: 'PUT' }, SITE],
  ['by DELETE', { path: EXEMPTED, method: 'DELETE' }, SITE],
]

async function send(row: Row): Promise<string> {
  const { method = 'POST', path = '/plain/do', cookie = 'session' } = row
  const client = cookie === 'session' ? ada : the.client()
  if (cookie === 'other') client.jar.set('theme', 'dark')
  const { origin } = row
  const headers: Record<string, unknown> = {
    'sec-fetch-site': row.site,
    origin: origin === 'own' ? the.url : origin,
    'content-type': row.type,
    'x-csrf-token': wordOf(row.header),
    authorization: row.authorization,
    ...row.more,
  }
  const field = row.field === undefined ? row.body : `_csrf=${tokens[row.field] ?? ''}`
  const query = row.query === undefined ? '' : `?_csrf=${tokens[row.query] ?? ''}`
  const sent = Object.entries(headers).filter(([, value]) => value !== undefined)
  const answer = await client.send(path + query, {
    method,
    headers: Object.fromEntries(sent) as Record<string, string>,
    ...(field === undefined ? {} : { body: field }),
  })
  return outcomeOf(answer, the.told)
}

function wordOf(header: Row['header']): unknown {
  if (typeof header !== 'object') return header && (tokens[header] ?? header)
  return header.map((one) => tokens[one])
}

async function walk(rows: readonly (readonly [string, Row, string])[]): Promise<void> {
  const found: unknown[] = []
  for (const [name, row] of rows) found.push([name, await send(row)])
  expect(found).toEqual(rows.map(([name, , outcome]) => [name, outcome]))
}

describe('the CSRF guard', () => {
  it('ASVS 3.5.1: judges method, Sec-Fetch-Site, Origin, token and how it came as the table says', async () => {
    expect(STRICTER.length).toBeGreaterThan(40)
    await walk(OF_GO)
    await walk(STRICTER)
  })

  it('header-17: refuses forms without a token, and with one of another session, of before the sign-in, cut off or tampered with', async () => {
    const rows: [string, Row, string][] = []
    for (const variant of ['plain', 'always', 'record']) {
      const path = `/${variant}/do`
      rows.push([variant, form({ path }), MISSING])
      for (const token of [`bob's ${variant}`, 'of a guest', `tampered ${variant}`]) {
        rows.push([`${variant} ${token}`, form({ path, header: token }), FOREIGN])
      }
      rows.push([variant, form({ path, header: `truncated ${variant}` }), MALFORMED])
      rows.push([variant, form({ path, header: `good ${variant}` }), 'done'])
    }
    await walk(rows)
    const answer = await ada.send('/plain/do', {
      method: 'POST',
      headers: { 'content-type': FORM },
    })
    const problem = { code: 'csrf_invalid', detail: 'The CSRF token is missing or wrong.' }
    expect(JSON.parse(answer.body)).toMatchObject(problem)
    the.told.splice(0)
  })

  it('header-18: refuses X-CSRF-Token that was sent twice, wherever it comes from', async () => {
    const twice = ['good plain', 'good plain']
    await walk([
      ['a form', form({ header: twice }), REPEATED],
      ['one good, one not', form({ header: ['good plain', "bob's plain"] }), REPEATED],
      ['of our own page', { site: 'same-origin', header: twice }, REPEATED],
      ['JSON', { type: 'application/json', body: '{}', header: twice }, REPEATED],
      ['always', { path: '/always/do', header: ['good always', 'good always'] }, REPEATED],
    ])
  })

  it('header-19: is not talked out of its decision by a method override', async () => {
    await walk(OVERRIDES)
  })

  it('CVE-2025-47910: exempts the exact path and method alone', async () => {
    await walk(EXACT.map(([name, row, outcome]) => [name, { site: 'cross-site', ...row }, outcome]))
  })

  it('GHSA-49wp-qq6x-g2rf: takes no token from an address', async () => {
    for (const path of ['plain', 'always', 'record']) {
      await walk([
        [path, form({ path: `/${path}/do`, query: `good ${path}` }), MISSING],
        [path, form({ path: `/${path}/do`, header: `good ${path}` }), 'done'],
      ])
    }
  })
})
