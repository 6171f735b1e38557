/** What a stay outlasts: restarts of the service, and of the browser where the person wished so. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, BrowserType } from '@playwright/test'
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
      for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
        await of.restart(signal)
        for (const page of [here, there]) {
          expect((await page.goto('/dashboard'))?.status(), signal).toBe(200)
          await expect(page).toHaveURL('/dashboard')
        }
        expect([await sessionId(here), await sessionId(there)]).toEqual(before)
      }
      // What was ended before a crash stays ended after it, and is still told why.
      await here.goto('/sessions')
      await here.getByRole('button', { name: 'End all others' }).click()
      await expect(here.getByRole('status')).toContainText('One other device was signed out.')
      await of.restart('SIGKILL')
      await there.reload()
      await expect(there).toHaveURL(/reason=logged_out_elsewhere/)
      await here.reload()
      await expect(here).toHaveURL('/sessions')
    } finally {
      await of.stop()
    }
  })
}

/** A browser whose profile is on the disk: closing it ends the process, as closing the last window does. */
async function openProfile(
  chromium: BrowserType,
  folder: string,
  origin: string,
  faults: string[],
): Promise<BrowserContext> {
  const context = await chromium.launchPersistentContext(folder, { baseURL: origin })
  listenForFaults(context, [origin], faults)
  return context
}

for (const remember of [true, false]) {
  const title = remember
    ? '"stay signed in" outlasts a restart of the browser'
    : 'without "stay signed in", closing the browser ends the stay there'
  test(title, async ({ playwright, serviceOn }) => {
    const of = await serviceOn('sqlite')
    const person = somebody()
    const faults: string[] = []
    await registerByScript(of, person)
    const folder = await mkdtemp(join(tmpdir(), 'sojourn-profile-'))
    try {
      const before = await openProfile(playwright.chromium, folder, of.origin, faults)
      const first = await before.newPage()
      await signIn(first, person, { remember })
      const id = await sessionId(first)
      const [cookie] = (await before.cookies()).filter(({ name }) => !name.endsWith('-guest'))
      if (remember) {
        const { expiresAt } = (await (await first.request.get('/session')).json()) as {
          expiresAt: string
        }
        const until = Date.parse(expiresAt) / 1000
        expect(
          Math.abs((cookie?.expires ?? 0) - until),
          'cookie and session end together',
        ).toBeLessThan(2)
      } else {
        expect(cookie?.expires).toBe(-1)
      }
      await before.close()

      const after = await openProfile(playwright.chromium, folder, of.origin, faults)
      const second = await after.newPage()
      await second.goto('/dashboard')
      if (remember) {
        await expect(second).toHaveURL('/dashboard')
        expect(await sessionId(second)).toBe(id)
      } else {
        await expect(second).toHaveURL('/login?returnTo=%2Fdashboard')
        await fillSignIn(second, person)
        await expect(second).toHaveURL('/dashboard')
        expect(await sessionId(second)).not.toBe(id)
      }
      await after.close()
      expect(faults).toEqual([])
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
}
