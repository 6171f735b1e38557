import type { Page } from '@playwright/test'
import { SERVICE_BUNDLE } from '../../../../tools/workspace/places.mjs'
import type { Person } from './person.js'
import type { Service } from './service.js'

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
  /** A modal dialog is open: it holds the tab key, see `dialogs.test.ts`, and need not have a heading of the first level. */
  readonly isDialog?: boolean
  /** The parts of another state in other words: examined for all that words can change. */
  readonly isReworded?: boolean
  /** Playwright has its hands in it, and then there is no cache. */
  readonly isIntercepted?: boolean
  /** Undoes what was done to the service for it. */
  readonly close?: (stage: Stage) => unknown
}

/** A page with an address. */
export function at(path: string): PageState['open'] {
  return ({ page }) => page.goto(path)
}

export type Mistake = 'without its token' | 'far too large' | 'in another format'

/** The form of the page at `path`, sent by a program that gets one thing wrong. */
export function sendWrongly(path: string, mistake: Mistake): PageState['open'] {
  return async ({ page }) => {
    await page.goto(path)
    const arrived = page.waitForEvent('load')
    await page
      .locator('main form')
      .first()
      .evaluate((form: HTMLFormElement, wrong: Mistake) => {
        const token = form.querySelector<HTMLInputElement>('[name=_csrf]')
        if (wrong === 'without its token') token?.remove()
        if (wrong === 'far too large' && token !== null) token.value = 'x'.repeat(200_000)
        if (wrong === 'in another format') form.enctype = 'text/plain'
        form.submit()
      }, mistake)
    await arrived
  }
}

type Pages = typeof import('../../../src/page/index.js')

/** A page that no request leads to for the asking, such as a fault of ours: rendered here, with the headers of a real one. */
export function showRendered(status: number, render: (pages: Pages) => string): PageState['open'] {
  return async ({ page, of }) => {
    // The built ones: they name the assets that the service has.
    const built = new URL('../page/index.js', `file://${SERVICE_BUNDLE}/`).href
    const pages = (await import(built)) as Pages
    const real = await fetch(new URL('/nowhere', of.origin), { headers: { accept: 'text/html' } })
    const policy = real.headers.get('content-security-policy') ?? ''
    const [, nonce] = /'nonce-([^']+)'/.exec(policy) ?? []
    const body = pages.withNonce(render(pages), nonce)
    const headers = {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy,
    }
    await page.route('**/rendered', (route) => route.fulfill({ status, headers, body }))
    await page.goto('/rendered')
    await page.unroute('**/rendered')
  }
}
