import { beforeAll, describe, expect, it } from 'vitest'
import { refuseUnlessSignedIn } from '../../../src/guard/session-guard.js'
import type { Incoming } from '../../../src/request/incoming.js'
import type { IssueOptions } from '../../../src/session/issue.js'
import { athOf, makeProver, type ProofMaker } from '../../credential/dpop/forge.js'
import { incoming } from '../../support/browser.js'
import { scene, TOKENS } from '../../support/sojourn.js'

let owner: ProofMaker
let thief: ProofMaker
beforeAll(async () => {
  owner = await makeProver()
  thief = await makeProver()
})

const PROVEN = { htm: 'POST', htu: 'https://app.example/' }

function withHeaders(headers: Readonly<Record<string, string>>, cookie?: string): Incoming {
  return {
    ...incoming(cookie),
    method: 'POST',
    header: (name) => headers[name.toLowerCase()],
  }
}

function bound(isRequired = false) {
  const { sojourn, clock, store, told } = scene({ tokens: { ...TOKENS, dpop: { isRequired } } })
  return {
    sojourn,
    clock,
    store,
    told,
    async issue(options: IssueOptions, by?: ProofMaker) {
      const { session } = sojourn.exchange(
        withHeaders(by === undefined ? {} : { dpop: by.prove(PROVEN) }),
      )
      await session.signIn('alice')
      return session.issueTokens(options)
    },
    refresh: async (token: string, by?: ProofMaker) =>
      sojourn.tokens.refresh(token, {
        proof:
          by === undefined
            ? undefined
            : sojourn.tokens.proofOf(withHeaders({ dpop: by.prove(PROVEN) })),
      }),
    async use(accessToken: string, by?: ProofMaker) {
      const headers: Record<string, string> =
        by === undefined
          ? { authorization: `Bearer ${accessToken}` }
          : {
              authorization: `DPoP ${accessToken}`,
              dpop: by.prove({ ...PROVEN, ath: athOf(accessToken) }),
            }
      const { session } = sojourn.exchange(withHeaders(headers))
      return refuseUnlessSignedIn(await session.load())?.code ?? 'in'
    },
  }
}

describe('a session that is bound to a key', () => {
  it('behaviour 25b: the cookie copied to another machine fails at the next refresh, and its owner goes on', async () => {
    const { sojourn, issue, refresh, told } = bound()
    const tokens = await issue({ proof: true }, owner)
    const request = incoming(undefined)
    const cookies = sojourn.tokens.cookies(tokens, request).cookies ?? []
    const copied = cookies.map((line) => line.split(';')[0] ?? '').join('; ')
    const stolen = sojourn.tokens.refreshCookie(incoming(copied)) ?? ''
    expect(stolen).toBe(tokens.refreshToken)
    for (const by of [undefined, thief]) {
      expect(await refresh(stolen, by)).toMatchObject({ status: 'refused', code: 'invalid_grant' })
    }
    expect(await refresh(stolen, owner)).toMatchObject({ status: 'refreshed', how: 'rotated' })
    expect(told.some(({ name }) => name === 'session.ended')).toBe(false)
  })
})

describe('where all tokens have to be bound', () => {
  it('ASVS 10.4.14: bearer tokens are neither issued nor taken nor refreshed', async () => {
    const { issue, refresh, use } = bound(true)
    await expect(issue({})).rejects.toMatchObject({ code: 'invalid_dpop_proof' })
    await expect(issue({ proof: 'optional' })).rejects.toMatchObject({ code: 'invalid_dpop_proof' })
    const tokens = await issue({}, owner)
    expect(tokens.tokenType).toBe('DPoP')
    expect(await use(tokens.accessToken)).toBe('invalid_token')
    expect(await use(tokens.accessToken, thief)).toBe('invalid_dpop_proof')
    expect(await use(tokens.accessToken, owner)).toBe('in')
    expect(await refresh(tokens.refreshToken)).toMatchObject({ code: 'invalid_dpop_proof' })
    expect(await refresh(tokens.refreshToken, owner)).toMatchObject({ status: 'refreshed' })
    expect((await issue({ confirmation: owner.thumbprint })).tokenType).toBe('DPoP')
  })

  it('those issued before that was so are worth nothing, from the cache neither', async () => {
    const before = bound(false)
    const signedIn = before.sojourn.exchange(withHeaders({}))
    await signedIn.session.signIn('alice')
    const tokens = await signedIn.session.issueTokens()
    const [line = ''] = (await signedIn.commit())?.cookies ?? []
    const cache = { maxStaleness: '10s' } as const
    const options = { store: before.store, clock: before.clock, cache }
    const { sojourn } = scene({ ...options, tokens: { ...TOKENS, dpop: { isRequired: true } } })
    const present = async () => {
      const headers = { authorization: `Bearer ${tokens.accessToken}` }
      const { session } = sojourn.exchange(withHeaders(headers))
      return refuseUnlessSignedIn(await session.load())?.code
    }
    expect(await before.use(tokens.accessToken)).toBe('in')
    // By its cookie the session goes on, and is in the near cache from now on.
    const byCookie = sojourn.exchange(incoming(line.split(';')[0]))
    expect((await byCookie.session.load()).isSignedIn).toBe(true)
    expect([await present(), await present()]).toEqual(['invalid_token', 'invalid_token'])
    expect(await sojourn.tokens.refresh(tokens.refreshToken)).toMatchObject({ status: 'refused' })
    expect(await sojourn.tokens.introspect(tokens.accessToken)).toEqual({ active: false })
    // A refusal harms nobody: the token was not used up.
    expect(await before.refresh(tokens.refreshToken)).toMatchObject({ how: 'rotated' })
  })
})
