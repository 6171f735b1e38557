import { describe, expect, it } from 'vitest'

import { END_REASONS } from '../../../../library/src/store/end-reason.js'
import {
  DEVICES_PER_PAGE,
  endWords,
  errorWords,
  renderDashboard,
  renderDevices,
  renderNameDevice,
  renderError,
  renderHome,
  renderRegister,
  renderSignedOut,
  renderSignIn,
  renderUnavailable,
  texts,
} from '../../../src/page/index.js'
import { formsOf, tagsOf, textOf } from './markup.js'
import { device, HOUR, MINUTE, NOW } from './samples.js'

const guest = { now: NOW, csrf: 'token' }
const member = { ...guest, person: { username: 'ada' } }

describe('home', () => {
  it('greets a first visit, then counts views and names the session, in the words of ORIGIN', () => {
    expect(textOf(renderHome({ ...guest, views: 1 }))).toContain('Welcome, first visit!')
    const later = renderHome({ ...guest, views: 7, sessionId: 'a91.id' })
    expect(later).toContain('Views: 7. Session ID: a91.id')
    expect(later).not.toContain('first visit')
  })

  it('invites a guest to come in, and leads a person to what is theirs', () => {
    expect(linksOf(renderHome({ ...guest, views: 1 }))).toEqual(
      expect.arrayContaining(['/register', '/login']),
    )
    const links = linksOf(renderHome({ ...member, views: 1 }))
    expect(links).toEqual(expect.arrayContaining(['/dashboard', '/sessions', '/security']))
    expect(links).not.toContain('/login')
  })
})

describe('forms that come back', () => {
  const html = renderRegister({
    ...guest,
    typed: { username: 'ada <x>' },
    problems: { username: 'Taken.', password: 'Too short.' },
    passwordMinimum: 8,
  })

  it('keep the name that was typed and announce each problem beside its field', () => {
    expect(inputNamed(html, 'username')).toMatchObject({
      value: 'ada <x>',
      'aria-invalid': 'true',
      'aria-describedby': 'username-problem',
    })
    expect(inputNamed(html, 'password')).toMatchObject({
      'aria-describedby': 'password-problem password-hint',
    })
    expect(html).toMatch(/role="alert".*href="#username">Taken\..*href="#password">Too short\./)
  })

  it('say in the title that there is a problem, and only then', () => {
    expect(html).toContain('<title>Problem: ')
    expect(renderRegister(guest)).not.toContain('Problem')
    expect(renderRegister({ ...guest, problems: {} })).not.toContain('role="alert"')
  })

  it('keep the choice to stay signed in', () => {
    expect(inputNamed(renderSignIn(guest), 'remember')).not.toHaveProperty('checked')
    const kept = renderSignIn({ ...guest, typed: { remember: true } })
    expect(inputNamed(kept, 'remember')).toHaveProperty('checked')
  })
})

describe('where to go afterwards', () => {
  it('is kept for a path on this host, through the form and the link to the other page', () => {
    const html = renderSignIn({ ...guest, returnTo: '/sessions?a=1&b=2' })
    expect(inputNamed(html, 'returnTo')).toMatchObject({ value: '/sessions?a=1&b=2' })
    expect(linksOf(html)).toContain('/register?returnTo=%2Fsessions%3Fa%3D1%26b%3D2')
  })

  it.each([
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    '/a\r\nb',
    'javascript:alert(1)',
    'dashboard',
    '',
  ])('is dropped when it may lead elsewhere: %j', (address) => {
    const signIn = renderSignIn({ ...guest, returnTo: address })
    expect(inputNamed(signIn, 'returnTo')).toBeUndefined()
    expect(linksOf(signIn)).toContain('/register')
    expect(linksOf(renderUnavailable({ retryPath: address }))).toEqual(['#main', '/', '/'])
    const devices = renderDevices({ ...member, devices: [device()], next: address, first: address })
    expect(devices).not.toContain('rel="next"')
  })
})

describe('devices', () => {
  const here = device({ id: 'a91.here', isCurrent: true, lastSeenAt: NOW })
  const there = device({
    id: 'a91/there',
    name: 'Safari 18 on iPhone',
    browser: 'Safari 18 on iPhone',
    kind: 'phone',
  })
  const html = renderDevices({ ...member, devices: [there, here] })

  it('show this device first and mark it alone', () => {
    expect(html.indexOf('Firefox 133')).toBeLessThan(html.indexOf('Safari 18'))
    expect(html.split('This device')).toHaveLength(2)
  })

  it('give each device its own way out: this one signs out, another is ended by its id', () => {
    const actions = formsOf(html).map(({ form }) => form.attributes['action'])
    expect(actions).toEqual(['/logout', '/logout'])
    // Those ask first: a link to a page, or to a dialog where a script runs.
    const asking = tagsOf(html).filter(({ attributes }) => 'data-confirm' in attributes)
    expect(asking.map(({ attributes }) => attributes['href'])).toEqual([
      '/sessions/a91%2Fthere/end',
      '/sessions/revoke-others',
    ])
    expect(textOf(html)).toContain('End the session on Safari 18 on iPhone')
  })

  it('are called what their person calls them, and what their browser says stands below; each can be renamed', () => {
    const tablet = device({ id: 'a91/there', name: 'Küche <b>', browser: 'Safari 18 on iPad' })
    const named = renderDevices({ ...member, devices: [tablet, here] })
    expect(named).toContain('Küche &lt;b>')
    expect(textOf(named)).toMatch(/Browser\s*Safari 18 on iPad/)
    expect(html).not.toContain('<dt>Browser')
    expect(linksOf(named)).toEqual(
      expect.arrayContaining(['/sessions/a91%2Fthere/name', '/sessions/a91.here/name']),
    )
    const acted = device({ id: 'a91.acted', actedIn: { reason: 'ticket' } })
    expect(linksOf(renderDevices({ ...member, devices: [acted] }))).not.toContain(
      '/sessions/a91.acted/name',
    )
  })

  it('are renamed by a form that starts with the name that was given, and says what stands for none', () => {
    const given = renderNameDevice({ ...member, device: device({ name: 'Desk' }) })
    expect(inputNamed(given, 'name')).toMatchObject({ value: 'Desk', maxlength: '64' })
    expect(inputNamed(given, 'name')).not.toHaveProperty('required')
    expect(textOf(given)).toContain('what its browser says: Firefox 133 on Linux')
    expect(inputNamed(renderNameDevice({ ...member, device: here }), 'name')).toMatchObject({
      value: '',
    })
  })

  it('say it when this is the only one, and then offer no end of the others', () => {
    const alone = renderDevices({ ...member, devices: [here] })
    expect(textOf(alone)).toContain(texts.devices.onlyHeading)
    expect(alone).not.toContain('/sessions/revoke-others')
    const firstOfMany = renderDevices({ ...member, devices: [here], next: '/sessions?after=x' })
    expect(textOf(firstOfMany)).not.toContain(texts.devices.onlyHeading)
    expect(firstOfMany).toContain('/sessions/revoke-others')
  })

  it('stay under 15 KB with as many as a page shows, each as long as it can be', () => {
    const long = {
      name: 'n'.repeat(64),
      browser: 'b'.repeat(60),
      address: '2001:db8:1234:5678:9abc:def0:1234:5678',
      methods: ['pwd', 'otp', 'hwk'],
    }
    const devices = Array.from({ length: DEVICES_PER_PAGE }, (_, index) =>
      device({ ...long, id: `a91.Zk3qV0pXyT8mWc5LrB2nU${String(index)}` }),
    )
    const full = renderDevices({
      ...member,
      csrf: 'x'.repeat(64),
      devices,
      next: '/sessions?after=x',
    })
    expect(Buffer.byteLength(full)).toBeLessThan(15 * 1024)
  })

  it('tell time in words, with the exact instant for those who ask', () => {
    expect(html).toContain(
      '<time datetime="2026-02-03T11:05:09.000Z" title="2026-02-03 11:05:09 UTC" data-ago="Seen {}">Seen 3 hours ago</time>',
    )
  })

  it('put authentication methods in words', () => {
    const text = textOf(
      renderDevices({ ...member, devices: [device({ methods: ['pwd', 'xyz'] })] }),
    )
    expect(text).toContain('password, xyz')
  })
})

describe('dashboard', () => {
  it('tells when the stay began, what idleness costs and when it ends', () => {
    const session = {
      id: 'a91.id',
      createdAt: NOW - 3 * HOUR,
      authenticatedAt: NOW - 20 * MINUTE,
      idleTimeout: 30 * MINUTE,
      idleExpiresAt: NOW + 30 * MINUTE,
      expiresAt: NOW + 9 * HOUR,
    }
    const html = renderDashboard({ ...member, session, deviceCount: 3 })
    const text = textOf(html)
    for (const words of ['3 hours ago', 'in 9 hours', 'ends after 30 minutes', '20 minutes ago']) {
      expect(text).toContain(words)
    }
    expect(text).toContain('3 devices are signed in.')
    expect(html).toContain('stroke-dasharray="25.00 200"')
  })
})

describe('signed out', () => {
  it.each(END_REASONS)('has words of its own for %s', (reason) => {
    expect(Object.keys(texts.ends)).toContain(reason)
    const { title, body } = endWords(reason)
    const text = textOf(renderSignedOut({ ...guest, reason }))
    expect(text).toContain(title)
    expect(text).toContain(body)
  })

  it('gives every reason a title of its own', () => {
    expect(new Set(END_REASONS.map((reason) => endWords(reason).title)).size).toBe(
      END_REASONS.length,
    )
  })

  it.each(['from_the_future', '', '__proto__', 'constructor'])(
    'reads a reason it does not know as unknown: %j',
    (reason) => {
      expect(endWords(reason)).toBe(texts.ends.unknown)
    },
  )

  it('leads back to where the person was, except where signing in would not help', () => {
    const idle = renderSignedOut({ ...guest, reason: 'expired_idle', returnTo: '/profile' })
    expect(linksOf(idle)).toContain('/login?returnTo=%2Fprofile')
    const disabled = renderSignedOut({ ...guest, reason: 'subject_disabled', returnTo: '/profile' })
    expect(linksOf(disabled)).not.toContain('/login?returnTo=%2Fprofile')
  })
})

describe('errors', () => {
  it.each([400, 401, 403, 404, 405, 413, 415, 429, 500, 503])('has words for %i', (status) => {
    expect(textOf(renderError({ ...guest, status }))).toContain(errorWords(status).title)
    expect(Object.keys(texts.errors)).toContain(String(status))
  })

  it('borrows the words of the class for any other status', () => {
    expect(errorWords(418)).toBe(texts.errors[400])
    expect(errorWords(507)).toBe(texts.errors[500])
  })

  it('says how long to wait and what to quote', () => {
    const html = renderError({
      ...guest,
      status: 429,
      retryAfter: 900,
      code: 'slow',
      requestId: 'r-1',
    })
    const text = textOf(html)
    expect(text).toContain('Try again in 15 minutes.')
    expect(text).toContain('Code slow')
    expect(text).toContain('Request r-1')
  })

  it('does not guess who is there when something broke', () => {
    const html = renderError({ ...guest, status: 500 })
    expect(html).not.toContain('<nav')
    expect(html).not.toContain('/login')
  })
})

describe('unavailable', () => {
  it('says that the session cannot be checked, offers another try and never a sign-in', () => {
    const html = renderUnavailable({ retryPath: '/dashboard', retryAfter: 1 })
    expect(textOf(html)).toContain('We cannot check your session right now')
    expect(linksOf(html)).toEqual(['#main', '/', '/dashboard'])
    expect(tagsOf(html).filter(({ name }) => name === 'form' || name === 'input')).toEqual([])
  })
})

function linksOf(html: string): readonly (string | undefined)[] {
  return tagsOf(html)
    .filter(({ name }) => name === 'a')
    .map(({ attributes }) => attributes['href'])
}

function inputNamed(html: string, name: string): Readonly<Record<string, string>> | undefined {
  return tagsOf(html).find((tag) => tag.name === 'input' && tag.attributes['name'] === name)
    ?.attributes
}
