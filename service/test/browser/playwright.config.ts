import { fileURLToPath } from 'node:url'
import { defineConfig } from '@playwright/test'
import { HEADLESS_SHELL } from './support/chromium.js'

/** Where `npm test` and `npm run checklist` read what passed. */
const REPORT = '../../../node_modules/.cache/sojourn/results-browser.json'

/** What a smaller window may change; the rest runs in one size only. */
const IN_ANY_SIZE = ['**/walk.test.ts']

const DESKTOP = { width: 1280, height: 800 }
const PHONE = { width: 390, height: 844 }

/**
 * Tests in a real browser: Debian's Chromium, which `npm test` installs; none is downloaded. Three workers,
 * each with services of its own: they wait for pages and timers as often as they compute.
 */
export default defineConfig({
  testDir: '.',
  testMatch: '**/*.test.ts',
  outputDir: '../../../test-results/browser',
  workers: 3,
  // What passes only then is named at the end of `npm test`.
  retries: 1,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  forbidOnly: true,
  reporter: [['list'], ['json', { outputFile: fileURLToPath(new URL(REPORT, import.meta.url)) }]],
  use: {
    browserName: 'chromium',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: HEADLESS_SHELL,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  projects: [
    { name: 'desktop', use: { viewport: DESKTOP } },
    {
      name: 'phone',
      use: { viewport: PHONE, hasTouch: true, isMobile: true },
      testMatch: IN_ANY_SIZE,
      grepInvert: /without JavaScript/,
    },
  ],
})
