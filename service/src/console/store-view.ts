import { StoreUnavailable, type Store, type StoreHealth } from 'sojourn'
import type { Config } from '../config/config.js'
import { answer, type Finding } from '../doctor/finding.js'
import { clean } from '../doctor/report.js'

/** How long a look is shown to everybody who asks: opening the page in ten tabs asks the store once. Milliseconds. */
const SHOWN_FOR = 3_000

type Details = StoreHealth['details']

/** One server of the store, or the file. */
export interface StoreServer {
  /** `host:port`; of the embedded store, `file`. */
  readonly name: string
  /** `embedded`: it is no server. */
  readonly role: 'primary' | 'replica' | 'embedded'
  readonly details: Details
  /** Why it said nothing; `undefined`: it answered. */
  readonly fault: string | undefined
}

/** The store as it was at one instant. It holds no password, no user and no address with one. */
export interface StoreView {
  readonly at: number
  readonly kind: string
  readonly topology: 'single' | 'cluster' | 'sentinel' | 'embedded'
  /** Whether it answered us, as requests would be. */
  readonly isUp: boolean
  /** Milliseconds until it did. */
  readonly roundTrip: number | undefined
  readonly servers: readonly StoreServer[]
  /** What there is to be thought of it. */
  readonly findings: readonly Finding[]
}

/** What is looked at, and by which clocks. */
export interface StoreViewParts {
  readonly config: Pick<Config, 'redis' | 'mode'>
  readonly store: Pick<Store, 'name' | 'check'>
  readonly now: () => number
}

/** Looks at the whole store, seldom and never twice at a time. Never rejects: that it gives no answer is what is to be seen. */
export function createStoreView(parts: StoreViewParts): () => Promise<StoreView> {
  let last: StoreView | undefined
  let underWay: Promise<StoreView> | undefined
  return async () => {
    if (last !== undefined && parts.now() - last.at < SHOWN_FOR) return last
    underWay ??= look(parts).finally(() => {
      underWay = undefined
    })
    last = await underWay
    return last
  }
}

async function look({ config, store, now }: StoreViewParts): Promise<StoreView> {
  const begunAt = performance.now()
  const details = await checked(store)
  const took = Number((performance.now() - begunAt).toFixed(2))
  // After that, lest the connections that are made for it count as the time that an answer takes.
  const parts = config.redis === undefined ? embedded(details) : await askRedis(config, now)
  const isUp = details !== undefined
  return { at: now(), kind: store.name, isUp, roundTrip: isUp ? took : undefined, ...parts }
}

async function checked(store: Pick<Store, 'check'>): Promise<Details | undefined> {
  try {
    return (await store.check()).details
  } catch (error) {
    if (error instanceof StoreUnavailable) return undefined
    throw error
  }
}

type Parts = Pick<StoreView, 'topology' | 'servers' | 'findings'>

/** Every server is asked by itself, on a connection of its own: the one that is used may be what hangs. */
async function askRedis(config: StoreViewParts['config'], now: () => number): Promise<Parts> {
  const { redis } = config
  if (redis === undefined) return embedded(undefined)
  // The client takes 20 MB of memory, which nobody pays who does without it.
  const { askServers } = await import('../doctor/store/examine.js')
  try {
    const { topology, heard, findings } = await askServers(redis, config, now)
    const servers = heard.map(({ name, role, details, fault }) => ({ name, role, details, fault }))
    return { topology, servers, findings: findings.map(cleaned) }
  } catch (error) {
    // Nobody tells which servers there are: those that were named are shown.
    const fault = error instanceof Error ? clean(error.message) : 'unknown fault'
    const servers = redis.nodes.map(({ host, port }) => ({
      name: `${host}:${String(port)}`,
      role: 'primary' as const,
      details: {},
      fault,
    }))
    return { topology: redis.topology, servers, findings: [] }
  }
}

/** What a server wrote into its answers stands in some of them. */
function cleaned(finding: Finding): Finding {
  return { ...finding, seen: clean(finding.seen) }
}

function embedded(details: Details | undefined): Parts {
  const fault = details === undefined ? 'no answer' : undefined
  const server = { name: 'file', role: 'embedded' as const, details: details ?? {}, fault }
  return { topology: 'embedded', servers: [server], findings: judgeFile(details) }
}

function judgeFile(details: Details | undefined): readonly Finding[] {
  const say = answer({
    id: 'store.file',
    group: 'store',
    asvs: [],
    title: 'The file of sessions can be read and written',
  })
  if (details === undefined) {
    const fix = 'See that it is where it was, then restart the service.'
    return [say.fail('it cannot be read, or another one lies in its place', fix)]
  }
  if (details['isWritable'] === true) return [say.pass('both went well a moment ago')]
  return [say.fail('it can be read and not written', 'Look for a full disk, or for lost rights.')]
}
