import Bowser from 'bowser'

/** What kind of machine a browser says it runs on; `unknown` for scripts, televisions and silence. */
export type DeviceKind = 'desktop' | 'phone' | 'tablet' | 'unknown'

/** How a browser names itself: a hint for its owner's eyes, never evidence of anything. */
export interface AgentDescription {
  /** Such as `Chrome 131 on Windows`: at most 60 bytes of UTF-8, printable, empty never. */
  readonly name: string
  readonly kind: DeviceKind
}

/** More than any honest browser sends in the part we read; a cap on what a pattern has to look at. */
const AGENT_CHARACTERS = 256
const NAME_BYTES = 60
const NOBODY: AgentDescription = { name: 'Unknown device', kind: 'unknown' }

const KINDS: ReadonlyMap<string | undefined, DeviceKind> = new Map([
  ['desktop', 'desktop'],
  ['mobile', 'phone'],
  ['tablet', 'tablet'],
])
const SHORTER: ReadonlyMap<string, string> = new Map([
  ['Microsoft Edge', 'Edge'],
  ['Samsung Internet for Android', 'Samsung Internet'],
])
/** The first product of RFC 9110 §10.1.5, as programs write it: `curl/8.5.0`. */
const PRODUCT = /^([A-Za-z][\w.-]{0,31})\/(\d{1,5})/
/** Letters, digits, marks and a little punctuation; no controls, no bidirectional overrides, no `<`. */
const UNPRINTABLE = /[^\p{L}\p{M}\p{N} ._+()-]/gu

/**
 * Names the browser and the system behind a `User-Agent` header (RFC 9110 §10.1.5), of which the
 * first 256 characters are read. Never throws; whatever cannot be named is `Unknown device`.
 */
export function describeAgent(userAgent: string | undefined): AgentDescription {
  const agent = (userAgent ?? '').slice(0, AGENT_CHARACTERS).trim()
  if (agent === '') return NOBODY
  const parsed = parse(agent)
  const browser = versioned(parsed?.browser.name, parsed?.browser.version) ?? product(agent)
  const system = printable(platformName(parsed))
  const name = shorten([browser, system].filter((part) => part !== undefined).join(' on '))
  return name === '' ? NOBODY : { name, kind: kindOf(parsed) }
}

type Parsed = ReturnType<typeof Bowser.parse>

function parse(agent: string): Parsed | undefined {
  try {
    return Bowser.parse(agent)
  } catch {
    // A header is a stranger's text; what the parser cannot read is only a device without a name.
    return undefined
  }
}

function kindOf(parsed: Parsed | undefined): DeviceKind {
  if (parsed?.os.name === 'Chrome OS') return 'desktop'
  return KINDS.get(parsed?.platform.type) ?? 'unknown'
}

/** People say "iPhone" and "iPad", not "iOS". */
function platformName(parsed: Parsed | undefined): string | undefined {
  const model = parsed?.platform.model
  return model === 'iPhone' || model === 'iPad' ? model : parsed?.os.name
}

function versioned(name: string | undefined, version: string | undefined): string | undefined {
  const plain = printable(name)
  const major = /^\d{1,5}/.exec(version ?? '')?.[0]
  if (plain === undefined) return undefined
  const short = SHORTER.get(plain) ?? plain
  return major === undefined ? short : `${short} ${major}`
}

function product(agent: string): string | undefined {
  const match = PRODUCT.exec(agent)
  return match === null || match[1] === 'Mozilla'
    ? undefined
    : `${match[1] ?? ''} ${match[2] ?? ''}`
}

function printable(text: string | undefined): string | undefined {
  const plain = (text ?? '').replace(UNPRINTABLE, '').trim()
  return plain === '' ? undefined : plain
}

/** Cuts after whole characters, so that the rest is still UTF-8. */
function shorten(name: string): string {
  let bytes = 0
  let short = ''
  for (const character of name) {
    bytes += Buffer.byteLength(character)
    if (bytes > NAME_BYTES) return short.trim()
    short += character
  }
  return short
}
