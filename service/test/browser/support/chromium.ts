import { existsSync } from 'node:fs'

/**
 * Debian's Chromium, as people have it: where a test is about what only the whole browser does, such as its profile's
 * preferences and its back/forward cache.
 */
export const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

const SHELL = '/usr/bin/chromium-headless-shell'

/** The same engine without the machinery of windows, for half the processor's time; `CHROMIUM` where it is not installed. */
export const HEADLESS_SHELL = process.env['CHROMIUM'] ?? (existsSync(SHELL) ? SHELL : CHROMIUM)
