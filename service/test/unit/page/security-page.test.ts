import { describe, expect, it } from 'vitest'

import { END_REASONS } from '../../../../library/src/store/end-reason.js'
import {
  endWords,
  renderDashboard,
  renderDevices,
  renderSecurity,
  renderSecurityEvents,
  renderSignedOut,
  renderSignIn,
  texts,
  type SecurityEvent,
} from '../../../src/page/index.js'
import { formsOf, tagsOf, textOf } from './markup.js'
import { device, HOUR, MINUTE, newSignIns, NOW, securityEvents } from './samples.js'

const member = { now: NOW, csrf: 'token', person: { username: 'ada' } }
const sampleSession = {
  id: 'a91.this',
  ...{ createdAt: NOW, authenticatedAt: NOW, idleExpiresAt: NOW + HOUR, expiresAt: NOW + HOUR },
  idleTimeout: HOUR,
}
const event = (facts: Partial<SecurityEvent> = {}): SecurityEvent => ({
  ...{ id: 'e1', kind: 'signedIn', at: NOW - 5 * MINUTE, count: 1 },
  ...facts,
})
const linksOf = (html: string) =>
  tagsOf(html).flatMap(({ name, attributes }) => (name === 'a' ? [attributes['href']] : []))

describe('recent security events', () => {
  it('say what, from which device, network and place, and when', () => {
    const html = renderSecurity({
      ...member,
      events: [
        event({
          device: { name: 'Firefox 140 on Windows', kind: 'desktop' },
          address: '203.0.113.0/24',
          place: 'Lisbon, Portugal',
        }),
        event({ id: 'e2', kind: 'impersonated', purpose: 'ticket 7' }),
        event({ id: 'e3', kind: 'signInFailed', count: 4 }),
      ],
      older: '/security/events?cursor=abc',
    })
    const words = textOf(html)
    expect(words).toContain('Signed in')
    expect(words).toContain(
      '5 minutes ago · Firefox 140 on Windows · 203.0.113.0/24 (Lisbon, Portugal)',
    )
    expect(words).toContain('An administrator looked at your account as you')
    expect(words).toContain('Reason given: ticket 7')
    expect(words).toContain('4 sign-ins failed')
    expect(linksOf(html)).toContain('/security/events?cursor=abc')
    expect(html).toMatch(/<time datetime="2026-02-03T14:00:09/i)
  })

  it('come in the order that is given, a page at a time, with a way to both sides', () => {
    const html = renderSecurityEvents({
      ...member,
      events: securityEvents(),
      older: '/security/events?cursor=o',
      newest: '/security/events',
    })
    const words = textOf(html)
    const places = securityEvents().map(({ kind, count }) =>
      words.indexOf(texts.securityEvents[kind].title(count)),
    )
    expect(places).not.toContain(-1)
    expect(linksOf(html)).toEqual(
      expect.arrayContaining(['/security/events?cursor=o', '/security/events']),
    )
    expect(textOf(renderSecurityEvents({ ...member, events: [] }))).toContain(texts.events.none)
    const elsewhere = renderSecurityEvents({ ...member, events: [], older: '//evil.example' })
    expect(elsewhere).not.toContain('rel="next"')
  })
})

describe('a new sign-in', () => {
  const waiting = newSignIns()
  const dashboard = renderDashboard({
    ...member,
    session: sampleSession,
    deviceCount: 2,
    newSignIns: waiting,
  })

  it('is asked about on any page: the latest, with both answers and how many more there are', () => {
    const words = textOf(dashboard)
    expect(words).toContain(
      'New sign-in: Firefox 140 on Windows, 203.0.113.0/24 (Lisbon, Portugal), 5 minutes ago. Was it you?',
    )
    expect(words).toContain(texts.newSignIn.more(1))
    expect(actionsOf(dashboard)).toEqual([
      '/security/new-sign-ins/a91.new/confirm',
      '/security/new-sign-ins/a91.new/deny',
    ])
  })

  it('stands on the security page with all others, and nowhere once nobody is asked', () => {
    const html = renderSecurity({ ...member, newSignIns: waiting })
    expect(actionsOf(html)).toHaveLength(4)
    expect(textOf(html)).toContain('3 times, last 5 minutes ago')
    const many = Array.from({ length: 9 }, (_, index) => ({
      ...waiting.list[0]!,
      sessionId: `a91.${String(index)}`,
    }))
    const crowd = renderSecurity({ ...member, newSignIns: { ...waiting, list: many } })
    expect(actionsOf(crowd)).toHaveLength(8)
    expect(textOf(crowd)).toContain(texts.newSignIn.more(5))
    const none = renderSecurity({ ...member, newSignIns: { ...waiting, list: [] } })
    expect(actionsOf(none)).toEqual([])
    expect(none).not.toContain(texts.newSignIn.heading)
  })
})

describe('places', () => {
  it('stand beside the network of a device, where they are known', () => {
    const html = renderDevices({
      ...member,
      devices: [
        device({ place: 'Lisbon, Portugal' }),
        device({ id: 'a91.2', address: '10.1.1.1' }),
      ],
    })
    expect(textOf(html)).toContain('203.0.113.7 (Lisbon, Portugal)')
    expect(textOf(html)).toContain('10.1.1.1With')
  })
})

describe('a browser that keeps no cookies', () => {
  it('is told so, with what to do, and may try again', () => {
    const html = renderSignIn({
      now: NOW,
      csrf: 't',
      returnTo: '/profile',
      areCookiesBlocked: true,
    })
    const words = textOf(html)
    expect(words).toContain(texts.signIn.cookiesHeading)
    for (const step of texts.signIn.cookiesSteps) expect(words).toContain(step)
    expect(words).not.toContain(texts.signIn.needed)
    expect(formsOf(html).map(({ form }) => form.attributes['action'])).toContain('/login')
  })
})

describe('the end of a session', () => {
  const OUT_OF_THE_BLUE = [
    'logged_out_elsewhere',
    'revoked_admin',
    'evicted_limit',
    'refresh_reuse',
    'anomaly',
    'password_changed',
  ]

  it.each(END_REASONS)(
    '%s has words of its own, on the signed-out and the sign-in page',
    (reason) => {
      const { title, body, advice } = endWords(reason)
      const out = textOf(renderSignedOut({ now: NOW, reason, endedAt: NOW - 5 * MINUTE }))
      const back = textOf(renderSignIn({ now: NOW, reason }))
      for (const words of [title, body]) {
        expect(out).toContain(words)
        expect(back).toContain(words)
      }
      expect(out).toContain('Ended 5 minutes ago')
      if (reason !== 'unknown') expect(title).not.toBe(texts.ends.unknown.title)
      // Where somebody else may have been at work, it says what to do.
      expect(advice !== undefined, reason).toBe(OUT_OF_THE_BLUE.includes(reason))
      if (advice !== undefined)
        expect([out, back].every((page) => page.includes(advice))).toBe(true)
    },
  )
})

function actionsOf(html: string): (string | undefined)[] {
  return formsOf(html)
    .map(({ form }) => form.attributes['action'])
    .filter((action) => action?.startsWith('/security/') === true)
}
