/** What a stay outlasts: restarts of the service, and of the browser where the person wished so. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserType, Page } from '@playwright/test'
import {
  arrive,
  fillSignIn,
  registerByScript,
  sessionId,
  signIn,
  somebody,
} from './support/person.js'
import { startService, STORES } from './support/service.js'
import { expect, listenForFaults, test } from './support/test.js'

for (const store of STORES) {
  test(`a restart of the service, gentle or not, signs nobody out, on ${store}`, async ({
    visit,
  }) => {
    const of = await startService({ store })
    try {
      const person = somebody()
      const here = await visit({ of })
      const there = await visit({ of })
      await arrive(here, person)
      await signIn(there, person, { remember: true })
      const before = [await sessionId(here), await sessionId(there)]
      /** With pages open they would tell the console that their connection is gone. */
      const restart = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
        for (const page of [here, there]) await page.goto('about:blank')
        await of.restart(signal)
      }
      for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
        await restart(signal)
        for (const page of [here, there]) {
          expect((await page.goto('/dashboard'))?.status(), signal).toBe(200)
          await expect(page).toHaveURL('/dashboard')
        }
        expect([await sessionId(here), await sessionId(there)]).toEqual(before)
      }
      // What was ended before a crash stays ended after it, and is still told why.
      await here.goto('/sessions')
      await here.getByRole('link', { name: 'End all others' }).click()
      await here.getByRole('button', { name: 'End all others' }).click()
      await expect(here.getByRole('status')).toContainText('One other device was signed out.')
      await restart('SIGKILL')
      await there.goto('/dashboard')
      await expect(there).toHaveURL(/reason=logged_out_elsewhere/)
      await here.goto('/sessions')
      await expect(here).toHaveURL('/sessions')
      for (const page of [here, there]) await page.context().close()
    } finally {
      await of.stop()
    }
  })
}

/** A browser whose profile is on the disk. Closing it ends the process, as closing the last window does. */
async function withProfile(
  { folder, chromium, origin }: { folder: string; chromium: BrowserType; origin: string },
  run: (page: Page) => Promise<void>,
): Promise<void> {
  const faults: string[] = []
  const context = await chromium.launchPersistentContext(folder, { baseURL: origin })
  try {
    listenForFaults(context, [origin], faults)
    await run(await context.newPage())
  } finally {
    await context.close()
  }
  expect(faults).toEqual([])
}

/** When the cookie of the signed-in person ends, in seconds; -1 with the browser. */
async function cookieEnd(page: Page): Promise<number | undefined> {
  const jar = await page.context().cookies()
  return jar.find(({ name }) => !name.endsWith('-guest') && !name.startsWith('device-'))?.expires
}

for (const remember of [true, false]) {
  const title = remember
    ? '"stay signed in" outlasts a restart of the browser'
    : 'without "stay signed in", closing the browser ends the stay there'
  test(title, async ({ playwright, serviceOn }) => {
    const of = await serviceOn('sqlite')
    const person = somebody()
    await registerByScript(of, person)
    const folder = await mkdtemp(join(tmpdir(), 'sojourn-profile-'))
    const profile = { folder, chromium: playwright.chromium, origin: of.origin }
    let id = ''
    try {
      await withProfile(profile, async (page) => {
        await signIn(page, person, { remember })
        id = await sessionId(page)
        if (remember) {
          const answer = await page.request.get('/session')
          const { expiresAt } = (await answer.json()) as { expiresAt: string }
          const apart = Math.abs(((await cookieEnd(page)) ?? 0) - Date.parse(expiresAt) / 1000)
          expect(apart, 'seconds between the ends of cookie and session').toBeLessThan(2)
        } else {
          expect(await cookieEnd(page)).toBe(-1)
        }
      })
      await withProfile(profile, async (page) => {
        await page.goto('/dashboard')
        if (remember) {
          await expect(page).toHaveURL('/dashboard')
          expect(await sessionId(page)).toBe(id)
        } else {
          await expect(page).toHaveURL('/login?returnTo=%2Fdashboard')
          await fillSignIn(page, person)
          await expect(page).toHaveURL('/dashboard')
          expect(await sessionId(page)).not.toBe(id)
        }
      })
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
}
