import type { Incoming } from '../../request/incoming.js'

/** In this order: most browsers call themselves by their predecessors' names too. */
const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(?:e|A|iOS)?\b/i, 'edge'],
  [/\bOPR\b|\bOpera\b/i, 'opera'],
  [/\bSamsung ?(?:Browser|Internet)\b/i, 'samsung'],
  [/\bVivaldi\b/i, 'vivaldi'],
  [/\bFirefox\b|\bFxiOS\b/i, 'firefox'],
  [/\bChrome\b(?! ?OS)|\bCriOS\b|\bChromium\b(?! ?OS)/i, 'chrome'],
  [/\bSafari\b/i, 'safari'],
]

const SYSTEMS: readonly (readonly [RegExp, System])[] = [
  [/\biPhone\b|\biPad\b|\biPod\b|\biOS\b/, 'ios'],
  [/\bAndroid\b/i, 'android'],
  [/\bWindows\b/i, 'windows'],
  [/\bCrOS\b|\bChrom(?:e|ium) ?OS\b/i, 'chromeos'],
  [/\bMac ?OS\b|\bMacintosh\b/i, 'macos'],
  [/\bLinux\b|\bX11\b/i, 'linux'],
]

/** An operating system. */
export type System = 'ios' | 'android' | 'windows' | 'chromeos' | 'macos' | 'linux'

/** The default label of an Android device: `Mozilla/5.0 (Linux)`, as its user agent goes on with `; Android`. */
const AMBIGUOUS = /^[^(]*\(Linux\)$/

/** The operating system that a user agent, or a label made of one, speaks of. */
export function systemOf(agent: string): System | undefined {
  if (AMBIGUOUS.test(agent)) return undefined
  return SYSTEMS.find(([pattern]) => pattern.test(agent))?.[1]
}

/**
 * Browser and operating system of a user agent, or of a label made of one, without any version: what stays when a browser
 * updates itself. Of an agent that is neither, its words without numbers.
 */
export function familyOf(agent: string): string {
  const browser = BROWSERS.find(([pattern]) => pattern.test(agent))?.[1]
  const system = systemOf(agent)
  if (browser === undefined && system === undefined) return withoutNumbers(agent)
  return `${browser ?? ''}|${system ?? ''}`
}

function withoutNumbers(agent: string): string {
  return agent.toLowerCase().replace(/\d[\d._]*/g, '')
}

const PLATFORMS: Readonly<Record<string, System>> = {
  '"android"': 'android',
  '"chrome os"': 'chromeos',
  '"chromium os"': 'chromeos',
  '"ios"': 'ios',
  '"linux"': 'linux',
  '"macos"': 'macos',
  '"windows"': 'windows',
}

/**
 * What the client hints say (User-Agent Client Hints, "low entropy": Chromium sends them unasked) where that contradicts
 * `agent`; `undefined` where they agree, or one of the two says nothing.
 */
export function contradictionOf(incoming: Incoming, agent: string): string | undefined {
  const system = systemOf(agent)
  if (system === undefined) return undefined
  const platform = PLATFORMS[incoming.header('sec-ch-ua-platform')?.toLowerCase() ?? '']
  if (platform !== undefined && platform !== system) return platform
  const isMobile = incoming.header('sec-ch-ua-mobile') === '?1'
  return isMobile && DESKTOPS.has(system) ? `${system} mobile` : undefined
}

const DESKTOPS: ReadonlySet<System> = new Set<System>(['windows', 'macos', 'linux', 'chromeos'])
