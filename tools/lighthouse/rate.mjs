import { StepFailed } from '../workspace/progress.mjs'

const CATEGORIES = ['performance', 'accessibility', 'best-practices']
const MOST_TRIES = 3
const WINDOWS = /** @type {const} */ (['desktop', 'phone'])

class NothingRecorded extends StepFailed {}

/**
 * @typedef {object} Scores
 * @property {string} page
 * @property {'desktop' | 'phone'} window
 * @property {number[]} values of 100: performance, accessibility, best practices
 */

/**
 * @typedef {object} Result
 * @property {Scores[]} scores
 * @property {string[]} findings what kept a score from being perfect
 * @property {{ lighthouse: string, browser: string }} versions
 */

/**
 * @typedef {object} Order
 * @property {import('./place.mjs').Place} place
 * @property {readonly { name: string, path: string, by: 'guest' | 'person' | 'administrator' }[]} pages
 * @property {(text: string) => void} say
 */

/**
 * Lighthouse on each page, in each window. Chromium is Debian's, as in the tests; none is downloaded.
 *
 * @param {Order} order
 * @returns {Promise<Result[]>}
 */
export async function rate({ place, pages, say }) {
  const { launch } = await load('chrome-launcher')
  const { default: puppeteer } = await load('puppeteer-core')
  const chrome = await launch({
    chromePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    chromeFlags: ['--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run'],
  })
  try {
    const browserURL = `http://127.0.0.1:${String(chrome.port)}`
    const browser = await puppeteer.connect({ browserURL, defaultViewport: null })
    const results = []
    for (const page of pages) {
      for (const window of WINDOWS) {
        say(`${page.name} (${window}) …`)
        results.push(await patiently(() => rateOne({ place, page, window, browser })))
      }
    }
    await browser.disconnect()
    return results
  } finally {
    await chrome.kill()
  }
}

/**
 * Lighthouse now and then records nothing on a busy machine, and says so ("please run again"). That is no score.
 *
 * @template Rated
 * @param {() => Promise<Rated>} rating
 * @returns {Promise<Rated>}
 */
async function patiently(rating) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await rating()
    } catch (error) {
      if (!(error instanceof NothingRecorded) || tries === MOST_TRIES) throw error
    }
  }
}

/**
 * In a context of its own: the browser knows nothing but the cookies of who looks.
 *
 * @param {{ place: Order['place'], page: Order['pages'][number], window: 'desktop' | 'phone', browser: any }} order
 */
async function rateOne({ place, page, window, browser }) {
  const { default: lighthouse, desktopConfig } = await load('lighthouse')
  const context = await browser.createBrowserContext()
  try {
    const tab = await context.newPage()
    const domain = new URL(place.origin).hostname
    await context.setCookie(
      ...place.cookies[page.by].map((cookie) => ({ ...cookie, domain, path: '/' })),
    )
    const flags = { output: 'json', logLevel: 'error', onlyCategories: CATEGORIES }
    const address = place.origin + page.path
    const config = window === 'desktop' ? desktopConfig : undefined
    const { lhr } = await lighthouse(address, flags, config, tab)
    if (lhr.runtimeError !== undefined) {
      throw new NothingRecorded(`${page.name}: ${lhr.runtimeError.message}`)
    }
    if (lhr.finalDisplayedUrl !== address) {
      throw new StepFailed(`${page.name}: it led to ${lhr.finalDisplayedUrl}`)
    }
    return toResult(page.name, window, lhr)
  } finally {
    await context.close()
  }
}

/**
 * @param {string} page
 * @param {'desktop' | 'phone'} window
 * @param {any} lhr
 * @returns {Result}
 */
function toResult(page, window, lhr) {
  const values = CATEGORIES.map((name) => Math.round(lhr.categories[name].score * 100))
  const findings = CATEGORIES.flatMap((name) =>
    lhr.categories[name].auditRefs
      .filter((/** @type {any} */ { weight }) => weight > 0)
      .map((/** @type {any} */ { id }) => lhr.audits[id])
      .filter((/** @type {any} */ { score }) => score !== null && score < 0.9)
      .map((/** @type {any} */ { id, displayValue = '' }) =>
        `${page} (${window}): ${id} ${displayValue}`.trimEnd(),
      ),
  )
  const [browser = ''] = /Chrome\/[\d.]+/.exec(lhr.environment.hostUserAgent) ?? []
  return {
    scores: [{ page, window, values }],
    findings,
    versions: { lighthouse: lhr.lighthouseVersion, browser },
  }
}

/**
 * These packages are there on demand only, so nothing else of the project is checked against their types.
 *
 * @param {string} name
 * @returns {Promise<any>}
 */
function load(name) {
  return import(name)
}
