/** Other sites: one may leave for them and come back, and whatever they send here does nothing. */
import type { BrowserContext } from '@playwright/test'
import { makeCertificate } from './support/certificate.js'
import { returnByRedirect, sendForm, startOtherSite, type OtherSite } from './support/other-site.js'
import {
  arrive,
  FIREFOX_ON_WINDOWS,
  registerByScript,
  sessionId,
  signIn,
  signOut,
  somebody,
} from './support/person.js'
import { startService, type Service } from './support/service.js'
import { expect, test } from './support/test.js'

const SAME_SITE = ['lax', 'strict', 'none'] as const
type SameSite = (typeof SAME_SITE)[number]

interface Places {
  readonly of: Service
  readonly other: OtherSite
  /** The name of the cookie of a signed-in person. */
  readonly cookie: RegExp
}

/** A service with that setting, and another site. `none` needs https, so both have a certificate then. */
async function withPlaces(
  sameSite: SameSite,
  run: (places: Places) => Promise<void>,
): Promise<void> {
  const isSecure = sameSite === 'none'
  const certificate = isSecure ? await makeCertificate() : undefined
  const other = await startOtherSite(certificate)
  const of = await startService({
    scheme: isSecure ? 'https' : 'http',
    env: {
      COOKIE_SAMESITE: sameSite,
      ...(certificate === undefined
        ? {}
        : { HTTPS_CERT_FILE: certificate.certificateFile, HTTPS_KEY_FILE: certificate.keyFile }),
    },
  })
  try {
    const cookie = isSecure ? /^__Host-sid-[\w-]{4}$/ : /^sid-[\w-]{4}$/
    await run({ of, other, cookie })
  } finally {
    await of.stop()
    await other.stop()
    await certificate?.remove()
  }
}

/** Sees each answer to a request that came without the cookie called `name`, and keeps what it set by that name. */
function watchForReplacements(
  context: BrowserContext,
  name: string,
): { count: number; bad: string[] } {
  const seen = { count: 0, bad: [] as string[] }
  context.on('response', async (response) => {
    const { cookie = '' } = await response.request().allHeaders()
    if (cookie.split('; ').some((pair) => pair.startsWith(`${name}=`))) return
    seen.count += 1
    const lines = (await response.headersArray()).filter(
      ({ name }) => name.toLowerCase() === 'set-cookie',
    )
    seen.bad.push(...lines.map(({ value }) => value).filter((line) => line.startsWith(`${name}=`)))
  })
  return seen
}

for (const sameSite of SAME_SITE) {
  test(`behaviour 20a: signed in, away to another site and back by 302 and by POST: still signed in, with SameSite=${sameSite}`, async ({
    visit,
  }) => {
    await withPlaces(sameSite, async ({ of, other, cookie: pattern }) => {
      const page = await visit({ of, alsoAt: [other.origin], ignoreHTTPSErrors: true })
      const context = page.context()
      const person = somebody()
      await arrive(page, person)
      const id = await sessionId(page)
      const jar = await context.cookies()
      const cookie = jar.find(({ name }) => pattern.test(name))
      expect(cookie?.sameSite.toLowerCase()).toBe(sameSite)
      expect(cookie?.secure).toBe(sameSite === 'none')
      const seen = watchForReplacements(context, cookie?.name ?? '')

      const dashboard = new URL('/dashboard', of.origin).href
      await test.step('by 302 to a page of a signed-in person', async () => {
        await returnByRedirect(page, other.origin, dashboard)
        await expect(page).toHaveURL(dashboard)
        await expect(page.getByRole('heading', { level: 1 })).toHaveText(`Hello, ${person.name}`)
      })
      await test.step('by 302 to a page that counts the views of guests as well', async () => {
        await returnByRedirect(page, other.origin, `${of.origin}/`)
        await page.getByRole('link', { name: 'sojourn, home' }).click()
        await expect(page.getByRole('heading', { level: 1 })).toHaveText(
          `Welcome back, ${person.name}`,
        )
      })
      await test.step('by POST, which is refused and changes nothing', async () => {
        const status = await sendForm(page, other.origin, dashboard, { paid: 'yes' })
        expect([403, 405]).toContain(status)
        await page.getByRole('main').getByRole('link', { name: 'Go to the start page' }).click()
        await expect(page.getByRole('heading', { level: 1 })).toHaveText(
          `Welcome back, ${person.name}`,
        )
      })

      expect(await sessionId(page), 'the same session all along').toBe(id)
      const after = (await context.cookies()).find(({ name }) => name === cookie?.name)
      expect(after?.value).toBe(cookie?.value)
      expect(seen.count, 'requests without the cookie').toBeGreaterThan(0)
      expect(seen.bad, 'what they were told to keep in its place').toEqual([])
      await signOut(page)
      await expect(page).toHaveURL(/\/signed-out/)
      await returnByRedirect(page, other.origin, dashboard)
      await expect(page, 'and who has signed out is asked to sign in').toHaveURL(
        '/login?returnTo=%2Fdashboard',
      )
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sign in')
    })
  })
}

/** What an attacker would like to send in a person's name. */
const FORMS = [
  { path: '/logout', fields: {} },
  { path: '/logout-all', fields: {} },
  { path: '/sessions/revoke-others', fields: {} },
  { path: '/session/extend', fields: {} },
  { path: '/password', fields: { newPassword: 'the attackers password' } },
  { path: '/reauthenticate', fields: {} },
] as const

for (const sameSite of ['lax', 'none'] as const) {
  test(`forms of other origins are refused and change nothing, with SameSite=${sameSite}`, async ({
    visit,
  }) => {
    await withPlaces(sameSite, async ({ of, other, cookie: pattern }) => {
      const person = somebody()
      const there = await visit({ of, ignoreHTTPSErrors: true, userAgent: FIREFOX_ON_WINDOWS })
      await arrive(there, person)
      const alsoAt = [other.origin, other.neighbourOrigin]
      const page = await visit({ of, alsoAt, ignoreHTTPSErrors: true })
      await signIn(page, person)
      const [id, idThere] = [await sessionId(page), await sessionId(there)]
      let sent = 0
      page.on('request', async (request) => {
        if (request.method() !== 'POST') return
        const { cookie = '' } = await request.allHeaders()
        const names = cookie.split('; ').map((pair) => pair.split('=', 1)[0] ?? '')
        if (names.some((name) => pattern.test(name))) sent += 1
      })
      const forms = [...FORMS, { path: `/sessions/${idThere}/end`, fields: {} }]
      // A neighbouring port counts as the same site, so a lax cookie goes along from there.
      const origins = sameSite === 'lax' ? alsoAt : [other.origin]
      for (const from of origins) {
        for (const { path, fields } of forms) {
          const password = { password: person.password, currentPassword: person.password }
          const all = 'newPassword' in fields ? { ...password, ...fields } : fields
          expect(await sendForm(page, from, `${of.origin}${path}`, all), `${from} ${path}`).toBe(
            403,
          )
          await expect(page.getByText('Cross-origin request refused.')).toBeVisible()
        }
      }
      expect(sent, 'forms that the cookie went along with').toBe(forms.length)

      expect(await sessionId(page), 'still signed in').toBe(id)
      expect(await sessionId(there), 'and so is the other device').toBe(idThere)
      await page.goto('/sessions')
      await expect(page.getByRole('main').getByRole('listitem')).toHaveCount(2)
      await signOut(page)
      await signIn(page, person)
    })
  })
}

test('ASVS 7.6.2: another site can neither open a session by a link nor by a form of its own', async ({
  visit,
}) => {
  await withPlaces('lax', async ({ of, other }) => {
    const attacker = somebody()
    await registerByScript(of, attacker)
    const alsoAt = [other.origin, other.neighbourOrigin]
    const page = await visit({ of, alsoAt })
    const before = await of.countSessions()
    for (const from of alsoAt) {
      for (const path of ['/login', '/register', `/login?username=${attacker.name}`]) {
        await returnByRedirect(page, from, `${of.origin}${path}`)
        await expect(page.getByLabel('Username or email')).toHaveValue('')
      }
      for (const path of ['/login', '/register']) {
        const fields = { username: attacker.name, password: attacker.password }
        expect(await sendForm(page, from, `${of.origin}${path}`, fields), path).toBe(403)
      }
      const fresh = { username: `${attacker.name}-new`, password: attacker.password }
      expect(await sendForm(page, from, `${of.origin}/register`, fresh)).toBe(403)
    }
    expect(await of.countSessions(), 'sessions in the store').toBe(before)
    expect(await page.context().cookies()).toEqual([])
    await page.goto('/dashboard')
    await expect(page).toHaveURL('/login?returnTo=%2Fdashboard')
    // The person's own form is what opens one.
    await signIn(page, attacker)
    expect(await of.countSessions()).toBe(before + 1)
  })
})
