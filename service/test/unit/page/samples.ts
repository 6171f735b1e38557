import {
  renderConfirmEnd,
  renderConfirmEndOthers,
  renderNameDevice,
  renderDashboard,
  renderDevices,
  renderError,
  renderHome,
  renderLookAgain,
  renderProfile,
  renderReauthenticate,
  renderRegister,
  renderSecurity,
  renderSecurityEvents,
  renderSignedOut,
  renderSignIn,
  renderSignOutConfirm,
  renderUnavailable,
  texts,
  type Device,
  type NewSignIns,
  type SecurityEvent,
} from '../../../src/page/index.js'

export const NOW = Date.UTC(2026, 1, 3, 14, 5, 9)
export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

export interface Sample {
  readonly name: string
  readonly isSignedIn: boolean
  readonly html: string
}

export interface SampleOptions {
  /** Applied to every free text that reaches a page. Default: unchanged. */
  readonly text?: (text: string) => string
  readonly csrf?: string | undefined
}

/** Every page, in the variants that differ in structure, with everything that can be shown filled in. */
export function samplePages(options: SampleOptions = {}): readonly Sample[] {
  const { text = (unchanged) => unchanged, csrf } = options
  return [...guestPages(text, csrf), ...memberPages(text, csrf)]
}

type Text = (text: string) => string

function guestPages(t: Text, csrf: string | undefined): readonly Sample[] {
  const guest = { now: NOW, csrf }
  const problem = t('That is wrong')
  const returnTo = t('/dashboard?tab=1')
  return [
    page('home, first visit', renderHome({ ...guest, views: 1 })),
    page('home, guest', renderHome({ ...guest, views: 3, sessionId: t('b.id') })),
    page('register', renderRegister({ ...guest, passwordMinimum: 8 })),
    page(
      'register, problems',
      renderRegister({
        ...guest,
        returnTo,
        typed: { username: t('ada') },
        problems: { form: problem, username: problem, password: problem },
      }),
    ),
    page('sign in', renderSignIn(guest)),
    page('sign in, reason', renderSignIn({ ...guest, returnTo, reason: 'expired_idle' })),
    page('sign in, cookies blocked', renderSignIn({ ...guest, returnTo, areCookiesBlocked: true })),
    page(
      'sign in, problems',
      renderSignIn({
        ...guest,
        typed: { username: t('ada'), remember: true },
        problems: { form: problem, username: problem, password: problem },
      }),
    ),
    page(
      'signed out',
      renderSignedOut({ ...guest, returnTo, reason: 'refresh_reuse', endedAt: NOW }),
    ),
    page('look again', renderLookAgain(t('/login?returnTo=%2Fdashboard'))),
    page('error 404', renderError({ ...guest, status: 404 })),
    page(
      'error 429',
      renderError({
        ...guest,
        status: 429,
        detail: problem,
        code: t('slow'),
        requestId: t('r'),
        retryAfter: 90,
      }),
    ),
    page('error 500', renderError({ ...guest, status: 500, requestId: t('r') })),
    page(
      'unavailable',
      renderUnavailable({ retryPath: t('/dashboard'), retryAfter: 2, requestId: t('r') }),
    ),
  ]
}

function memberPages(t: Text, csrf: string | undefined): readonly Sample[] {
  const notice = { tone: 'good', text: t('Something went well') } as const
  const person = { username: t('ada'), email: t('ada@example.org') }
  const member = { now: NOW, csrf, notice, person }
  const session = sessionFacts(t)
  const problem = t('That is wrong')
  const returnTo = t('/dashboard?tab=1')
  return [
    signedIn('home', renderHome({ ...member, views: 3, sessionId: t('b.id') })),
    signedIn(
      'reauthenticate',
      renderReauthenticate({ ...member, returnTo, problems: { password: problem } }),
    ),
    signedIn(
      'dashboard',
      renderDashboard({ ...member, session, deviceCount: 3, newSignIns: newSignIns(t) }),
    ),
    signedIn(
      'profile',
      renderProfile({ ...member, accountId: t('account'), createdAt: NOW - DAY, session }),
    ),
    signedIn(
      'devices',
      renderDevices({ ...member, devices: devices(t), next: t('/sessions?after=x') }),
    ),
    signedIn('end a device', renderConfirmEnd({ ...member, device: devices(t)[0] ?? device() })),
    signedIn('name a device', renderNameDevice({ ...member, device: devices(t)[0] ?? device() })),
    signedIn('end all others', renderConfirmEndOthers(member)),
    signedIn(
      'devices, by an administrator',
      renderDevices({
        ...member,
        person: { ...person, acting: { reason: t('ticket 17'), endsAt: NOW + HOUR } },
        devices: [device({ actedIn: { reason: t('ticket 17') } })],
      }),
    ),
    signedIn('devices, only this', renderDevices({ ...member, devices: devices(t).slice(1, 2) })),
    signedIn(
      'security',
      renderSecurity({
        ...member,
        passwordChangedAt: NOW - DAY,
        passwordMinimum: 8,
        newSignIns: newSignIns(t),
        events: securityEvents(t).slice(0, 10),
        older: t('/security/events?cursor=x'),
      }),
    ),
    signedIn(
      'events',
      renderSecurityEvents({
        ...member,
        events: securityEvents(t).slice(10),
        older: t('/security/events?cursor=x'),
        newest: t('/security/events'),
      }),
    ),
    signedIn(
      'security, problems',
      renderSecurity({
        ...member,
        returnTo,
        problems: { currentPassword: problem, newPassword: problem },
      }),
    ),
    signedIn('sign out', renderSignOutConfirm({ ...member, returnTo })),
    signedIn('error 404', renderError({ ...member, status: 404 })),
    signedIn('error 500', renderError({ ...member, status: 500 })),
  ]
}

/** One of each kind. */
export function securityEvents(t: Text = (text) => text): readonly SecurityEvent[] {
  const kinds = Object.keys(texts.securityEvents) as readonly SecurityEvent['kind'][]
  return kinds.map((kind, index) => ({
    id: t(`event-${String(index)}`),
    kind,
    at: NOW - index * HOUR,
    count: 1 + (index % 3),
    ...(index % 2 === 0
      ? {
          device: { name: t('Firefox 133 on Linux'), kind: 'desktop' },
          address: t('203.0.113.0/24'),
          place: t('Lisbon, Portugal'),
        }
      : { purpose: t('ticket 7'), isByAdministrator: true }),
  }))
}

export function newSignIns(t: Text = (text) => text): NewSignIns {
  const one = { at: NOW - 5 * MINUTE, count: 1, name: t('Firefox 140 on Windows') }
  const where = { address: t('203.0.113.0/24'), place: t('Lisbon, Portugal') }
  return {
    list: [
      { ...one, ...where, sessionId: t('a91.new') },
      { ...one, count: 3, sessionId: t('a91.newer') },
    ],
    returnTo: t('/dashboard'),
  }
}

export function device(changes: Partial<Device> = {}): Device {
  return {
    id: 'a91.other',
    isCurrent: false,
    name: 'Firefox 133 on Linux',
    browser: 'Firefox 133 on Linux',
    kind: 'desktop',
    createdAt: NOW - 3 * DAY,
    lastSeenAt: NOW - 3 * HOUR,
    expiresAt: NOW + 4 * DAY,
    address: '203.0.113.7',
    methods: ['pwd'],
    ...changes,
  }
}

function devices(t: Text): readonly Device[] {
  const browser = t('Firefox 133 on Linux')
  const text = { name: browser, browser, address: t('203.0.113.7'), methods: [t('own')] }
  return [
    device({ ...text, id: t('a91.first'), kind: 'phone', browser: t('Safari 18 on iPhone') }),
    device({ ...text, id: t('a91.this'), isCurrent: true }),
    device({ ...text, id: t('a91.third'), kind: 'unknown', address: undefined, methods: [] }),
  ]
}

function sessionFacts(t: Text) {
  return {
    id: t('a91.this'),
    createdAt: NOW - 3 * HOUR,
    authenticatedAt: NOW - 20 * MINUTE,
    idleTimeout: 30 * MINUTE,
    idleExpiresAt: NOW + 30 * MINUTE,
    expiresAt: NOW + 9 * HOUR,
  }
}

function page(name: string, html: string): Sample {
  return { name: `${name} (guest)`, isSignedIn: false, html }
}

function signedIn(name: string, html: string): Sample {
  return { name: `${name} (signed in)`, isSignedIn: true, html }
}
