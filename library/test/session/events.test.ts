import { describe, expect, it } from 'vitest'
import { Browser } from '../support/browser.js'
import { hearing, scene } from '../support/sojourn.js'

describe('events', () => {
  it('behaviour 30c: a slow or failing listener cannot delay or fail a request, and the others still hear', async () => {
    const { sojourn } = scene()
    const heard: string[] = []
    let release = (): void => undefined
    sojourn.on(
      'session.started',
      () =>
        new Promise<void>((resolve) => {
          release = resolve
        }),
    )
    sojourn.on('session.started', () => {
      throw new Error('listener fault')
    })
    sojourn.on('session.started', async () => {
      await Promise.reject(new Error('async fault'))
    })
    const forget = sojourn.on('session.started', ({ id }) => heard.push(id))
    await new Browser(sojourn).visit((session) => session.signIn('alice'))
    expect(heard).toEqual([])
    await hearing()
    expect(heard).toHaveLength(1)
    forget()
    await new Browser(sojourn).visit((session) => session.signIn('alice'))
    await hearing()
    expect(heard).toHaveLength(1)
    release()
  })

  it('hold public facts only: no secret, token or digest is in any of them', async () => {
    const { sojourn, told } = scene()
    const browser = new Browser(sojourn)
    await browser.visit((session) => {
      session.set('a', 1)
    })
    const cookies = [browser.cookie ?? '']
    await browser.visit((session) => session.signIn('alice', { methods: ['pwd'] }))
    cookies.push(browser.cookie ?? '')
    await browser.visit((session) => session.elevate())
    cookies.push(browser.cookie ?? '')
    await browser.visit((session) => session.load(), { cookie: `${cookies[2] ?? ''}x` })
    await browser.visit((session) => session.signOut())
    await hearing()
    const text = JSON.stringify(told)
    expect(told.map(({ name }) => name)).toContain('credential.rejected')
    for (const cookie of cookies) {
      const secret = cookie.split('=')[1]?.slice(26) ?? ''
      expect(secret.length).toBeGreaterThan(40)
      expect(text).not.toContain(secret.slice(0, 20))
    }
  })
})
