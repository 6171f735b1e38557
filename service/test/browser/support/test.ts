import {
  test as base,
  expect,
  type BrowserContext,
  type BrowserContextOptions,
  type Page,
} from '@playwright/test'
import { startService, type Service, type StoreName } from './service.js'

export { expect }

export interface VisitOptions extends BrowserContextOptions {
  /** Whose pages are opened; relative addresses lead there. */
  readonly of: Service
  /** Other origins that the test itself brings into play. */
  readonly alsoAt?: readonly string[]
}

/** Opens a browser of its own (cookies, history, everything), and answers its first page. */
export type Visit = (options: VisitOptions) => Promise<Page>

interface Fixtures {
  readonly visit: Visit
}

interface Shared {
  /** The service on that store, started when it is first asked for and shared by the tests of a worker. */
  readonly serviceOn: (store: StoreName) => Promise<Service>
}

export const test = base.extend<Fixtures, Shared>({
  serviceOn: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads the names of what a fixture needs here
    async ({}, use) => {
      const started = new Map<StoreName, Promise<Service>>()
      await use((store) => {
        const service = started.get(store) ?? startService({ store })
        started.set(store, service)
        return service
      })
      await Promise.all([...started.values()].map(async (service) => (await service).stop()))
    },
    { scope: 'worker' },
  ],
  visit: async ({ browser }, use) => {
    const faults: string[] = []
    const contexts: BrowserContext[] = []
    await use(async ({ of, alsoAt = [], ...options }) => {
      const context = await browser.newContext({ baseURL: of.origin, ...options })
      contexts.push(context)
      of.beforeStop(() => context.close())
      listenForFaults(context, [of.origin, ...alsoAt], faults)
      return await context.newPage()
    })
    await Promise.all(contexts.map((context) => context.close()))
    expect(faults, 'what the browser complained about, and requests to other hosts').toEqual([])
  },
})

/**
 * Whatever a test is about, its pages ask no other host for anything, break no rule of their own content security
 * policy (Chromium reports that as a console error), and log no error.
 */
export function listenForFaults(
  context: BrowserContext,
  origins: readonly string[],
  faults: string[],
): void {
  context.on('request', (request) => {
    const url = new URL(request.url())
    if (url.protocol.startsWith('http') && !origins.includes(url.origin)) {
      faults.push(`a request to ${url.origin}`)
    }
  })
  context.on('weberror', (error) => faults.push(`an exception: ${error.error().message}`))
  context.on('console', (message) => {
    if (message.type() !== 'error' && message.type() !== 'warning') return
    const [text, { url }] = [message.text(), message.location()]
    if (!isStatusOfPage(text, url) && !isCutStream(text, url)) faults.push(text)
  })
}

/** A stream of events that ends with the service, which a test stopped under an open page. */
function isCutStream(text: string, address: string): boolean {
  const isCut =
    /^Failed to load resource: net::ERR_(?:INCOMPLETE_CHUNKED|CONNECTION|EMPTY_RESPONSE)/
  return isCut.test(text) && /^\/(?:events|admin\/stream)$/.test(new URL(address).pathname)
}

/** Chromium logs each page whose status is an error: those are meant. A file that is missing is not. */
function isStatusOfPage(text: string, address: string): boolean {
  const isStatus = /^Failed to load resource: the server responded with a status of [45]\d\d/
  return isStatus.test(text) && !new URL(address).pathname.startsWith('/assets/')
}
