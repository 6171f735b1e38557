import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { InvalidInput, InvalidOption } from '../../src/errors.js'
import { createOauthState, type OauthStateOptions } from '../../src/oauth-state/index.js'
import { createSojourn } from '../../src/sojourn.js'
import { scene } from '../support/sojourn.js'

function stage(options: Partial<OauthStateOptions> = {}) {
  const made = scene()
  const oauth = createOauthState(made.sojourn, { callbackPath: '/auth/callback', ...options })
  return { ...made, oauth }
}

/** What a browser sends after these answers. */
function jarOf(...answers: readonly (readonly string[])[]): string {
  const jar = new Map<string, string>()
  for (const line of answers.flat()) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
    if (line.includes('Max-Age=0')) jar.delete(name)
    else jar.set(name, value)
  }
  return [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
}

const get = 'GET'
const code = 'a-code'

describe('away to a provider and back', () => {
  it('is the same browser, with what it left with', async () => {
    const { oauth } = stage()
    const gone = oauth.leave({ returnTo: '/basket?x=1', data: { provider: 'one' } })
    expect(gone.setCookies).toHaveLength(1)
    expect(gone.setCookies[0]).toMatch(
      /^__Host-oauth-state-[\w-]{8}=[\w-]+; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    )
    expect(gone.setCookies[0]).not.toContain(gone.nonce)
    const back = await oauth.comeBack({
      method: get,
      cookie: jarOf(gone.setCookies),
      params: { code, state: gone.state },
    })
    expect(back).toMatchObject({
      outcome: 'returned',
      params: { code },
      nonce: gone.nonce,
      returnTo: '/basket?x=1',
      data: { provider: 'one' },
    })
    if (back.outcome !== 'returned') throw new Error(back.outcome)
    const challenge = createHash('sha256').update(back.codeVerifier).digest('base64url')
    expect(challenge).toBe(gone.codeChallenge)
    expect(back.codeVerifier).toMatch(/^[\w-]{43}$/)
    expect(jarOf(gone.setCookies, back.setCookies)).toBe('')
  })

  it('is refused for another browser, an old departure, a second time, and a state that is none', async () => {
    const { oauth, clock } = stage()
    const [ada, eve] = [oauth.leave(), oauth.leave()]
    const cookie = jarOf(ada.setCookies)
    const answer = async (state: unknown, header: string | undefined = cookie) => {
      const back = await oauth.comeBack({ method: get, cookie: header, params: { code, state } })
      return back.outcome === 'refused' ? back.check : back.outcome
    }
    expect(await answer(eve.state)).toBe('state_unknown')
    expect(await answer(ada.state, '')).toBe('state_unknown')
    // Eve's cookie under Ada's name: it opens with Eve's state alone.
    const [, stolen = ''] = /=([^;]*)/.exec(eve.setCookies[0] ?? '') ?? []
    expect(await answer(ada.state, cookie.replace(/=.*/, `=${stolen}`))).toBe('state_unknown')
    expect(await answer(undefined)).toBe('state_missing')
    expect(await answer(['a', 'b'])).toBe('state_missing')
    expect(await answer('x')).toBe('state_missing')
    expect(await answer(ada.state)).toBe('returned')
    expect(await answer(ada.state)).toBe('state_used')
    clock.advance(600_000)
    expect(await answer(eve.state, jarOf(eve.setCookies))).toBe('state_expired')
  })

  it('asks the browser once more where a form came without the cookie, and shows nobody what was in it', async () => {
    const { oauth, clock } = stage()
    const gone = oauth.leave()
    const params = { code: 'a-secret-code', state: gone.state, id_token: 'x'.repeat(3_000) }
    const again = await oauth.comeBack({ method: 'POST', params })
    if (again.outcome !== 'again') throw new Error(again.outcome)
    expect(again.location).toMatch(/^\/auth\/callback\?again=[\w-]+$/)
    expect(again.location).not.toContain('a-secret-code')
    const query = Object.fromEntries(new URL(again.location, 'https://x.test').searchParams)
    const cookie = jarOf(gone.setCookies)
    const withoutCookie = await oauth.comeBack({ method: get, params: query })
    expect(withoutCookie).toEqual({ outcome: 'refused', check: 'state_unknown' })
    const altered = { again: `${query['again'] ?? ''}x` }
    expect(await oauth.comeBack({ method: get, cookie, params: altered })).toMatchObject({
      check: 'state_missing',
    })
    const back = await oauth.comeBack({ method: get, cookie, params: query })
    expect(back).toMatchObject({ outcome: 'returned', params: { code: 'a-secret-code' } })
    const late = await oauth.comeBack({ method: 'POST', params: { state: oauth.leave().state } })
    if (late.outcome !== 'again') throw new Error(late.outcome)
    clock.advance(60_000)
    const old = Object.fromEntries(new URL(late.location, 'https://x.test').searchParams)
    expect(await oauth.comeBack({ method: get, cookie, params: old })).toMatchObject({
      check: 'state_missing',
    })
  })

  it('answers a form that has the cookie at once', async () => {
    const { oauth } = stage()
    const gone = oauth.leave()
    const cookie = jarOf(gone.setCookies)
    const back = await oauth.comeBack({ method: 'POST', cookie, params: { state: gone.state } })
    expect(back.outcome).toBe('returned')
  })

  it.each([
    'https://evil.test/',
    '//evil.test',
    '/\\evil.test',
    '/\t/evil.test',
    'x',
    7,
    `/${'x'.repeat(500)}`,
  ])('never leads away afterwards: %.30s', async (returnTo) => {
    const { oauth } = stage()
    const { state, setCookies } = oauth.leave({ returnTo })
    const back = await oauth.comeBack({ method: get, cookie: jarOf(setCookies), params: { state } })
    expect(back).toMatchObject({ returnTo: '/' })
  })

  it('keeps four departures at most, and the newest', async () => {
    const { oauth } = stage()
    const gone = []
    let cookie = ''
    const answers: (readonly string[])[] = []
    for (let tab = 0; tab < 6; tab += 1) {
      const one = oauth.leave({ cookie: `sid=1; ${cookie}` })
      gone.push(one)
      answers.push(one.setCookies)
      cookie = jarOf(...answers)
    }
    expect(cookie.split('; ')).toHaveLength(4)
    for (const { state } of gone.slice(2)) {
      const back = await oauth.comeBack({ method: get, cookie, params: { state } })
      expect(back.outcome).toBe('returned')
    }
  })

  it('outlives a change of secrets, and never the secret itself', async () => {
    const { sojourn, oauth } = stage()
    const gone = oauth.leave()
    const after = (keys: readonly string[]) =>
      createOauthState(
        { counters: sojourn.counters, clock: sojourn.clock, deriveKeys: deriver(keys) },
        { callbackPath: '/auth/callback' },
      )
    const [old = ''] = sojourn.deriveKeys('oauth state').map((key) => key.toString('base64url'))
    const cookie = jarOf(gone.setCookies)
    const params = { state: gone.state }
    const other = Buffer.alloc(32, 7).toString('base64url')
    expect(await after([other]).comeBack({ method: get, cookie, params })).toMatchObject({
      check: 'state_unknown',
    })
    expect(await after([other, old]).comeBack({ method: get, cookie, params })).toMatchObject({
      outcome: 'returned',
    })
  })

  it('has another name where there is no https, and says what is wrong with its options', () => {
    const { sojourn, oauth } = stage({ secure: false, lifetime: '5m' })
    expect(oauth.leave().setCookies[0]).toMatch(/^oauth-state-[\w-]{8}=[\w-]+; Max-Age=300;/)
    expect(oauth.leave().setCookies[0]).not.toContain('Secure')
    const wrong: readonly unknown[] = [
      {},
      { callbackPath: 'auth' },
      { callbackPath: '/a/../b' },
      { callbackPath: '/a?b' },
      { callbackPath: '/a', lifetime: '2h' },
      { callbackPath: '/a', lifetime: 0 },
      { callbackPath: '/a', secure: 'no' },
      { callbackPath: '/a', sameSite: 'none' },
    ]
    for (const options of wrong) {
      expect(() => createOauthState(sojourn, options as OauthStateOptions)).toThrow(InvalidOption)
    }
    expect(() => oauth.leave({ data: { much: 'x'.repeat(300) } })).toThrow(InvalidInput)
  })

  it('refuses more than a provider says', async () => {
    const { oauth } = stage()
    const params = { state: oauth.leave().state, id_token: 'x'.repeat(5_001) }
    expect(await oauth.comeBack({ method: 'POST', params })).toEqual({
      outcome: 'refused',
      check: 'too_large',
    })
  })

  it('takes what createSojourn made', () => {
    const sojourn = createSojourn({ secrets: 'x7Yk3vQp8tZr5nWm2xHd7sLb4cJf6gNa9eRu1o2twQ' })
    expect(createOauthState(sojourn, { callbackPath: '/back' }).leave().state).toMatch(
      /^[\w-]{22}$/,
    )
  })
})

function deriver(keys: readonly string[]): () => Buffer[] {
  return () => keys.map((key) => Buffer.from(key, 'base64url'))
}
