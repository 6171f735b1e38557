/**
 * The one list of all pages, each in all of its states, with the way a person gets to see it. Every test of the quality of
 * the surface walks it: what is not on it is not examined. Pages of the console are in `console-pages.ts`.
 */
import type { Page, Route } from '@playwright/test'
import { elsewhere } from './elsewhere.js'
import {
  arrive,
  fillSignIn,
  FIREFOX_ON_WINDOWS,
  register,
  registerByScript,
  SAFARI_ON_IPHONE,
  sessionId,
  signInByScript,
  somebody,
  type Person,
} from './person.js'
import { at, sendWrongly, showRendered, type PageState, type Stage } from './page-state.js'
import type { Service } from './service.js'
import { expect, type Visit } from './test.js'

export type { PageState, Stage } from './page-state.js'

/** Each has words of its own on the page that says why a stay is over. */
export const END_REASONS = [
  ...['expired_idle', 'expired_absolute', 'logged_out', 'logged_out_elsewhere', 'revoked_admin'],
  ...['evicted_limit', 'refresh_reuse', 'anomaly', 'password_changed', 'key_retired'],
  ...['subject_disabled', 'signed_in', 'signed_in_again', 'replaced', 'no-such-reason'],
]

/** What everybody can see. `person` has an account. */
export const OPEN_PAGES: readonly PageState[] = [
  { name: 'home', status: 200, open: at('/') },
  { name: 'register', status: 200, open: at('/register') },
  {
    name: 'register-refused',
    status: 400,
    async open({ page, person }) {
      await page.goto('/register')
      await register(page, person)
      await expect(page.getByRole('alert')).toBeVisible()
    },
  },
  { name: 'sign-in', status: 200, open: at('/login') },
  { name: 'sign-in-needed', status: 200, open: at('/profile') },
  {
    name: 'sign-in-ended',
    status: 200,
    isReworded: true,
    open: at('/login?reason=password_changed'),
  },
  {
    name: 'sign-in-refused',
    status: 401,
    async open({ page, person }) {
      await page.goto('/login')
      await fillSignIn(page, { ...person, password: 'not the password' })
      await expect(page.getByRole('alert')).toBeVisible()
    },
  },
  {
    name: 'sign-in-form-expired',
    status: 400,
    isReworded: true,
    open: sendWrongly('/login', 'without its token'),
  },
  ...END_REASONS.map((reason) => ({
    name: `signed-out-${reason}`,
    status: 200,
    isReworded: !['expired_idle', 'refresh_reuse', 'signed_in'].includes(reason),
    open: at(`/signed-out?reason=${reason}`),
  })),
  { name: 'error-400', status: 400, open: at('/login?returnTo=%2F&returnTo=%2F') },
  { name: 'error-404', status: 404, open: at('/nowhere') },
  { name: 'error-405', status: 405, isReworded: true, open: at('/logout-all') },
  {
    name: 'error-413',
    status: 413,
    isReworded: true,
    open: sendWrongly('/login', 'far too large'),
  },
  {
    name: 'error-415',
    status: 415,
    isReworded: true,
    open: sendWrongly('/login', 'in another format'),
  },
  {
    name: 'error-429',
    status: 429,
    isIntercepted: true,
    open: showRendered(429, ({ renderError }) =>
      renderError({ now: Date.now(), status: 429, code: 'rate_limited', retryAfter: 90 }),
    ),
  },
  {
    name: 'error-500',
    status: 500,
    isIntercepted: true,
    open: showRendered(500, ({ renderError }) =>
      renderError({ now: Date.now(), status: 500, code: 'internal', requestId: 'c0ffee-1' }),
    ),
  },
]

/** What a signed-in person sees. They are in order: later ones have more devices. */
export const MEMBER_PAGES: readonly PageState[] = [
  { name: 'member-dashboard', status: 200, open: at('/dashboard') },
  { name: 'member-home', status: 200, open: at('/') },
  { name: 'member-devices-only-this', status: 200, open: at('/sessions') },
  { name: 'member-profile', status: 200, open: at('/profile') },
  { name: 'member-security', status: 200, open: at('/security') },
  {
    name: 'member-security-refused',
    status: 400,
    async open({ page }) {
      await page.goto('/security')
      await page.getByLabel('Current password').fill('not the password')
      await page.getByLabel('New password').fill('a new password')
      await page.getByRole('button', { name: 'Change password' }).click()
      await expect(page.getByRole('alert')).toBeVisible()
    },
  },
  { name: 'member-confirm', status: 200, open: at('/reauthenticate?returnTo=%2Fsessions') },
  {
    name: 'member-confirm-refused',
    status: 401,
    async open({ page }) {
      await page.goto('/reauthenticate')
      await page.getByLabel('Password').fill('not the password')
      await page.getByRole('button', { name: 'Confirm' }).click()
      await expect(page.getByRole('alert')).toBeVisible()
    },
  },
  { name: 'member-leaving', status: 200, open: at('/logout') },
  { name: 'member-not-found', status: 404, isReworded: true, open: at('/nowhere') },
  { name: 'member-forbidden', status: 403, isReworded: true, open: at('/admin') },
  {
    name: 'member-devices',
    status: 200,
    async open({ page, of, person }) {
      for (const userAgent of [FIREFOX_ON_WINDOWS, SAFARI_ON_IPHONE]) {
        await signInByScript(of, person, userAgent)
      }
      await page.goto('/sessions')
    },
  },
  { name: 'member-security-events', status: 200, open: at('/security') },
  {
    name: 'member-end-device',
    status: 200,
    async open({ page }) {
      await page.goto('/sessions')
      const address = await page.locator('a[data-confirm]').first().getAttribute('href')
      await page.goto(address ?? '')
    },
  },
  {
    name: 'member-name-device',
    status: 200,
    async open({ page }) {
      await page.goto('/sessions')
      await page.getByRole('link', { name: 'Rename' }).first().click()
      await expect(page.getByLabel('Name')).toBeVisible()
    },
  },
  { name: 'member-end-others', status: 200, open: at('/sessions/revoke-others') },
  { name: 'dialog-end-device', status: 200, isDialog: true, open: openEndDialog },
  {
    name: 'dialog-password',
    status: 200,
    isDialog: true,
    async open(stage) {
      const { page, of } = stage
      await openEndDialog(stage)
      await of.forgetSignIn(await sessionId(page), 16)
      const dialog = page.getByRole('dialog')
      await dialog.getByRole('button', { name: 'End the session' }).click()
      await dialog.getByLabel('Password').fill('not the password')
      await dialog.getByLabel('Password').press('Enter')
      await expect(dialog.getByRole('alert')).toBeVisible()
    },
  },
  {
    name: 'dialog-expiring',
    status: 200,
    isDialog: true,
    isIntercepted: true,
    async open({ page }) {
      await page.route('**/session', endSoon)
      await page.route('**/events', sayNothing)
      await page.goto('/dashboard')
      await expect(page.getByRole('alertdialog')).toBeVisible()
    },
    close: ({ page }) => page.unrouteAll(),
  },
  {
    name: 'member-devices-many',
    status: 200,
    async open({ page, of, person }) {
      const longestName = `${'W'.repeat(32)}/12345 Windows`
      for (let index = 0; index < 10; index += 1) await signInByScript(of, person, longestName)
      await page.goto('/sessions')
    },
  },
  {
    name: 'store-away',
    status: 503,
    async open({ page, of }) {
      of.redis?.pause()
      await page.goto('/dashboard')
    },
    close: ({ of }) => of.redis?.resume(),
  },
  {
    name: 'dialog-over',
    status: 200,
    isDialog: true,
    async open({ page, of, person }) {
      await page.goto('/dashboard')
      const id = await sessionId(page)
      await elsewhere(of, person, (send) => send('DELETE', `/sessions/${id}`))
      await expect(page.getByRole('alertdialog')).toBeVisible()
    },
  },
]

async function openEndDialog({ page }: Stage): Promise<void> {
  await page.goto('/sessions')
  await page
    .getByRole('link', { name: /^End the session on/ })
    .first()
    .click()
  await expect(page.getByRole('dialog')).toBeVisible()
}

/** The session as it will be shortly before its end. */
async function endSoon(route: Route): Promise<void> {
  const answer = await route.fetch()
  const facts = (await answer.json()) as Record<string, string>
  const now = Date.parse(facts['serverTime'] ?? '')
  const at = (seconds: number): string => new Date(now + seconds * 1_000).toISOString()
  const json = { ...facts, lastSeenAt: at(-600), idleExpiresAt: at(50) }
  await route.fulfill({ response: answer, json })
}

/** A stream that ends at once: the client comes back to it in an hour. */
async function sayNothing(route: Route): Promise<void> {
  await route.fulfill({ contentType: 'text/event-stream', body: 'retry: 3600000\n\n' })
}

/** Opens each of `states` in turn and looks at it. Pages of members are opened by a new member. */
export async function lookAtEach(
  states: readonly PageState[],
  stage: Stage,
  look: (state: PageState, page: Page) => Promise<void>,
): Promise<void> {
  for (const state of states) {
    await state.open(stage)
    try {
      await look(state, stage.page)
    } finally {
      await state.close?.(stage)
    }
  }
}

/** A guest who knows the name of somebody with an account. */
export async function guestStage(of: Service, visit: Visit): Promise<Stage> {
  const person = somebody()
  await registerByScript(of, person)
  return { page: await visit({ of }), of, person }
}

/** Somebody who has just signed in. */
export async function memberStage(
  of: Service,
  visit: Visit,
  person: Person = somebody(),
): Promise<Stage> {
  const page = await visit({ of })
  await arrive(page, person)
  return { page, of, person }
}
