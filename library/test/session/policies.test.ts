import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { createExpressAdapter } from '../../src/adapter/express.js'
import { InvalidOption } from '../../src/errors.js'
import { DEFAULTS, type SojournOptions } from '../../src/options.js'
import {
  POLICIES,
  policyNumber,
  type PolicyName,
  type PolicyRuleName,
} from '../../src/session/policies.js'
import { toSettings } from '../../src/session/settings.js'
import { createSojourn } from '../../src/sojourn.js'
import { SECRET, scene } from '../support/sojourn.js'
import { Browser } from '../support/browser.js'

const NAMES = Object.keys(POLICIES) as PolicyName[]
const TOKENS = { issuer: 'https://app.example', audience: 'https://app.example' }

function settings(options: Partial<SojournOptions>) {
  return toSettings({ secrets: SECRET, tokens: TOKENS, ...options })
}

/** One option more than a policy allows, each. */
function laxer(
  policy: PolicyName,
): readonly (readonly [PolicyRuleName, Partial<SojournOptions>])[] {
  const more = (rule: PolicyRuleName): number => (POLICIES[policy][rule]?.most ?? 0) / 1_000 + 1
  const day = 86_400
  return [
    [
      'idle',
      {
        idle: more('idle'),
        absolute: Math.max(more('idle'), POLICIES[policy].absolute.most / 1_000),
      },
    ],
    ['absolute', { absolute: more('absolute') }],
    [
      'remember.idle',
      {
        remember: {
          idle: more('remember.idle'),
          absolute: POLICIES[policy]['remember.absolute'].most / 1_000,
        },
      },
    ],
    ['remember.absolute', { remember: { absolute: more('remember.absolute') } }],
    ['limit.max', { limit: { max: POLICIES[policy]['limit.max'].most + 1, whenFull: 'refuse' } }],
    ['limit.max', { limit: false }],
    [
      'tokens.accessLifetime',
      { tokens: { ...TOKENS, accessLifetime: more('tokens.accessLifetime') } },
    ],
    [
      'tokens.refresh.lifetime',
      {
        tokens: {
          ...TOKENS,
          refresh: { lifetime: Math.max(more('tokens.refresh.lifetime'), day / 2 + 1) },
        },
      },
    ],
    ['recent', { recent: more('recent') }],
    ...(POLICIES[policy].renewal === undefined
      ? []
      : [['renewal', { renewal: more('renewal') }] as const]),
  ]
}

describe('policies', () => {
  it('without one, the defaults are those of before, and more may be asked for', () => {
    expect(settings({}).lifetimes).toEqual({
      signedIn: { idle: DEFAULTS.idle, absolute: DEFAULTS.absolute },
      remembered: { idle: DEFAULTS.rememberIdle, absolute: DEFAULTS.rememberAbsolute },
      anonymous: { idle: DEFAULTS.anonymousIdle, absolute: DEFAULTS.anonymousAbsolute },
    })
    expect(settings({ absolute: '400d', limit: false }).limit).toBeUndefined()
    expect(settings({}).recent).toBe(900_000)
  })

  it.each(NAMES)('%s sets every clock, cap and re-authentication rule', (policy) => {
    const rules = POLICIES[policy]
    const { lifetimes, renewal, limit, tokens, recent } = settings({ policy })
    expect(lifetimes.signedIn).toEqual({ idle: rules.idle.most, absolute: rules.absolute.most })
    expect(lifetimes.remembered).toEqual({
      idle: rules['remember.idle'].most,
      absolute: rules['remember.absolute'].most,
    })
    expect(renewal).toBe(rules.renewal?.most)
    expect(limit?.max).toBe(rules['limit.max'].most)
    expect(tokens?.accessLifetime).toBe(rules['tokens.accessLifetime'].most)
    expect(tokens?.refreshLifetime).toBe(rules['tokens.refresh.lifetime'].most)
    expect(recent).toBe(rules.recent.most)
  })

  it('the numbers of NIST SP 800-63B-4 sections 2.1.3, 2.2.3 and 2.3.3', () => {
    const hours = (policy: PolicyName, rule: 'idle' | 'absolute') =>
      POLICIES[policy][rule].most / 3_600_000
    expect(hours('nist-aal1', 'absolute')).toBe(30 * 24)
    expect([hours('nist-aal2', 'absolute'), hours('nist-aal2', 'idle')]).toEqual([24, 1])
    expect([hours('nist-aal3', 'absolute'), hours('nist-aal3', 'idle')]).toEqual([12, 0.25])
    // Under AAL2 and AAL3 nobody stays longer for having asked to be remembered.
    for (const policy of ['nist-aal2', 'nist-aal3'] as const) {
      expect(POLICIES[policy]['remember.absolute'].most).toBe(POLICIES[policy].absolute.most)
      expect(POLICIES[policy]['remember.idle'].most).toBe(POLICIES[policy].idle.most)
    }
  })

  it.each(NAMES)(
    '%s refuses what is laxer, naming both numbers, and takes what is stricter',
    (policy) => {
      for (const [rule, options] of laxer(policy)) {
        const most = POLICIES[policy][rule]?.most ?? 0
        const make = () => createSojourn({ secrets: SECRET, tokens: TOKENS, policy, ...options })
        expect(make, rule).toThrow(InvalidOption)
        expect(make).toThrow(`option ${rule} (`)
        expect(make).toThrow(`is laxer than policy ${policy} allows (${policyNumber(rule, most)}).`)
      }
      expect(() =>
        settings({ policy, idle: '5m', absolute: '1h', limit: { max: 1, whenFull: 'refuse' } }),
      ).not.toThrow()
    },
  )

  it('a name that is none is refused with those that are', () => {
    expect(() => settings({ policy: 'nist-aal4' as PolicyName })).toThrow(
      'option policy must be one of asvs-l2, nist-aal1, nist-aal2, nist-aal3.',
    )
    expect(() => settings({ policy: 'toString' as PolicyName })).toThrow(InvalidOption)
  })

  it('requireRecent() asks for what the policy says, and a route may not ask for less', async () => {
    const { sojourn, clock } = scene({ policy: 'nist-aal3' })
    const web = createExpressAdapter(sojourn)
    expect(() => web.requireRecent('6m')).toThrow(
      'maxAge (6m) is laxer than policy nist-aal3 allows (5m).',
    )
    expect(() => web.requireAuth({ maxAge: '1h' })).toThrow('maxAge (1h) is laxer')
    expect(() => web.requireAuth({ maxAge: '5m' })).not.toThrow()
    const browser = new Browser(sojourn)
    await browser.visit(async (session) => session.signIn('ada'))
    /** What a route behind `requireRecent()` answers. */
    const outcome = async () =>
      browser.visit(
        async (session) =>
          new Promise<string>((resolve) => {
            const asking = createExpressAdapter(sojourn, {
              onRefused: ({ code, maxAge }) => {
                resolve(`${code} ${String(maxAge)}`)
              },
            })
            const socket = { remoteAddress: '127.0.0.1' }
            const seen = { session, method: 'GET', url: '/', headers: {}, socket }
            const request = seen as unknown as IncomingMessage
            asking.requireRecent()(request, {} as ServerResponse, () => {
              resolve('let through')
            })
          }),
      )
    clock.advance(299_000)
    expect(await outcome()).toBe('let through')
    clock.advance(2_000)
    expect(await outcome()).toBe('reauthentication_required 300')
  })

  it('ASVS 7.1.1: the documented table is the table of the code, number by number', () => {
    const page = readFileSync(
      new URL('../../../docs/reference/session-policies.md', import.meta.url),
      'utf8',
    )
    const documented = page
      .split('\n')
      .filter((line) => /^\| `(?:asvs|nist)-/.test(line))
      .map((line) =>
        line
          .split('|')
          .map((cell) => cell.trim())
          .slice(1, -1),
      )
    const expected = NAMES.flatMap((policy) =>
      Object.entries(POLICIES[policy]).map(([rule, value]) => [
        `\`${policy}\``,
        `\`${rule}\``,
        value === undefined ? 'none' : policyNumber(rule as PolicyRuleName, value.most),
        value?.source ?? '',
        value?.reason ?? '',
      ]),
    )
    expect(documented).toEqual(expected)
  })
})

describe('how many sessions a person may have', () => {
  async function signInThrice(limit: SojournOptions['limit']) {
    const { sojourn, told } = scene(limit === undefined ? {} : { limit })
    const outcomes: string[] = []
    for (const _one of [1, 2, 3]) {
      const browser = new Browser(sojourn)
      outcomes.push(
        await browser
          .visit(async (session) => session.signIn('ada'))
          .then(
            () => 'in',
            (error: unknown) => (error as { code: string }).code,
          ),
      )
    }
    await new Promise(setImmediate)
    const alive = (await sojourn.list('ada')).sessions.length
    const events = told.map(({ name, event }) => [name, (event as { reason?: string }).reason])
    return { outcomes, alive, events }
  }

  it('ASVS 7.1.2: each mode does what is written down, with its event', async () => {
    const evicting = await signInThrice({ max: 2, whenFull: 'evict-oldest' })
    expect(evicting).toMatchObject({ outcomes: ['in', 'in', 'in'], alive: 2 })
    expect(evicting.events).toContainEqual(['session.ended', 'evicted_limit'])

    const idlest = await signInThrice({ max: 2, whenFull: 'evict-least-recent' })
    expect(idlest).toMatchObject({ outcomes: ['in', 'in', 'in'], alive: 2 })
    expect(idlest.events).toContainEqual(['session.ended', 'evicted_limit'])

    const refusing = await signInThrice({ max: 2, whenFull: 'refuse' })
    expect(refusing).toMatchObject({ outcomes: ['in', 'in', 'session_limit'], alive: 2 })
    expect(refusing.events).toContainEqual(['session.refused', 'limit'])

    const free = await signInThrice(false)
    expect(free).toMatchObject({ outcomes: ['in', 'in', 'in'], alive: 3 })
    expect(free.events.map(([name]) => name)).not.toContain('session.ended')

    const page = readFileSync(
      new URL('../../../docs/reference/session-policies.md', import.meta.url),
      'utf8',
    )
    for (const mode of ['evict-oldest', 'evict-least-recent', 'refuse', 'limit: false']) {
      expect(page).toContain(`| \`${mode}\``)
    }
    expect(page).toContain(`may have ${String(DEFAULTS.limit.max)} live sessions`)
  })
})
