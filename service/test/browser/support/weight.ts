import type { Page, Response } from '@playwright/test'
import { expect } from './test.js'

const KILOBYTE = 1024
/** What the first load of a page may weigh, as it is sent: page, styles, scripts and drawings. */
export const MOST = { people: 60 * KILOBYTE, console: 150 * KILOBYTE }

interface Part {
  readonly path: string
  readonly bytes: number
  /** What went over the wire; 0 from the browser's cache. */
  readonly sent: number
}

/** The parts of the page as it stands and what each weighs compressed, from the cache or not. */
async function partsOf(page: Page): Promise<Part[]> {
  return page.evaluate(() =>
    [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
      .map((entry) => entry as PerformanceResourceTiming)
      .map(({ name, encodedBodySize, transferSize }) => ({
        path: new URL(name).pathname,
        bytes: encodedBodySize,
        sent: transferSize,
      })),
  )
}

/** Under budget, and nothing but the page itself is sent where the browser was here before. Answers what it is made of. */
export async function isLight(
  name: string,
  page: Page,
  { most, known }: { readonly most: number; readonly known: ReadonlySet<string> },
): Promise<readonly string[]> {
  const parts = await partsOf(page)
  const total = parts.reduce((sum, { bytes }) => sum + bytes, 0)
  const list = parts.map(({ path, bytes }) => `${String(bytes)} ${path}`).join(', ')
  expect.soft(total, `${name}: bytes of the first load: ${list}`).toBeLessThanOrEqual(most)
  const again = parts.filter(({ path, sent }) => known.has(path) && sent > 0)
  expect.soft(again, `${name}: sent although it is known`).toEqual([])
  return parts.map(({ path }) => path).filter((path) => path.startsWith('/assets/'))
}

/** Kept for ever by whoever has it once, and compressed unless it is tiny. */
export async function isSentWell(origin: string, path: string): Promise<void> {
  const answer = await fetch(origin + path, { headers: { 'accept-encoding': 'gzip' } })
  const { headers } = answer
  expect.soft(answer.status, path).toBe(200)
  expect.soft(headers.get('cache-control'), path).toBe('public, max-age=31536000, immutable')
  const isTiny = (await answer.arrayBuffer()).byteLength < KILOBYTE
  expect.soft(headers.get('content-encoding'), path).toBe(isTiny ? null : 'gzip')
}

/** What the last answer to a navigation of `page` was. */
export function noteDocuments(page: Page): () => Promise<{ html: string; status: number }> {
  let last: Response | undefined
  page.on('response', (response) => {
    if (response.request().isNavigationRequest() && response.status() !== 303) last = response
  })
  return async () => ({ html: (await last?.text()) ?? '', status: last?.status() ?? 0 })
}
