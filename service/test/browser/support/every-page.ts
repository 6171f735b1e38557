import type { Page } from '@playwright/test'
import {
  arrive,
  fillSignIn,
  FIREFOX_ON_WINDOWS,
  register,
  registerByScript,
  SAFARI_ON_IPHONE,
  signInByScript,
  somebody,
  type Person,
} from './person.js'
import type { Service } from './service.js'
import { expect, type Visit } from './test.js'

/** What the pages are opened with. */
export interface Stage {
  readonly page: Page
  readonly of: Service
  readonly person: Person
}

/** A page in one of its states, and how a person gets to see it. */
export interface PageState {
  readonly name: string
  readonly status: number
  readonly open: (stage: Stage) => Promise<unknown>
  /** Undoes what was done to the service for it. */
  readonly close?: (stage: Stage) => void
}

const at =
  (path: string): PageState['open'] =>
  ({ page }) =>
    page.goto(path)

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
  { name: 'sign-in-ended', status: 200, open: at('/login?reason=password_changed') },
  {
    name: 'sign-in-refused',
    status: 401,
    async open({ page, person }) {
      await page.goto('/login')
      await fillSignIn(page, { ...person, password: 'not the password' })
      await expect(page.getByRole('alert')).toBeVisible()
    },
  },
  { name: 'signed-out', status: 200, open: at('/signed-out?reason=logged_out') },
  { name: 'signed-out-warning', status: 200, open: at('/signed-out?reason=refresh_reuse') },
  { name: 'not-found', status: 404, open: at('/nowhere') },
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
  { name: 'member-not-found', status: 404, open: at('/nowhere') },
  {
    name: 'member-devices',
    status: 200,
    async open({ page, of, person }) {
      for (const userAgent of [FIREFOX_ON_WINDOWS, SAFARI_ON_IPHONE]) {
        await signInByScript(of, person, userAgent)
      }
      await page.goto('/sessions')
      await page.getByRole('button', { name: /^End the session on Safari/ }).click()
      await expect(page.getByRole('status')).toBeVisible()
    },
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
]

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
      state.close?.(stage)
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
