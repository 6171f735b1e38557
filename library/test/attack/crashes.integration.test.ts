/** A process that is killed at any of its commands: what it was doing is done, or it is not. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSojourn, type Sojourn } from '../../src/sojourn.js'
import { createRedisStore } from '../../src/store/redis/index.js'
import { connectNodeRedis, type Connected } from '../store/redis/harness.js'
import { Browser } from '../support/browser.js'
import { joinProgram, type JoinedProgram } from '../support/javascript.js'
import { startRedis, type RedisServer } from '../support/redis-server.js'
import { SECRET, TOKENS } from '../support/sojourn.js'

const CHILD = fileURLToPath(new URL('crash-child.mjs', import.meta.url))

/** More than any of the deeds needs. */
const MOST_COMMANDS = 6
const DEEDS = ['signIn', 'rotate', 'renew', 'signOut', 'revokeAll'] as const

let server: RedisServer
let connected: Connected
let app: Sojourn<Record<string, unknown>>
let program: JoinedProgram

beforeAll(async () => {
  server = await startRedis()
  connected = await connectNodeRedis(server.port)
  app = createSojourn({
    secrets: SECRET,
    store: createRedisStore({ client: connected.client }),
    cache: false,
    limit: { max: 3, whenFull: 'evict-oldest' },
    tokens: TOKENS,
  })
  program = await joinProgram(CHILD)
})
afterAll(async () => {
  await connected.close()
  await server.stop()
  program.remove()
})

interface Ending {
  readonly signal: NodeJS.Signals | null
  readonly said: string
}

function child(parameters: object): Promise<Ending> {
  const given = JSON.stringify({ port: server.port, secret: SECRET, ...parameters })
  const process = spawn(globalThis.process.execPath, [program.file, given], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  process.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  return new Promise((resolve) => {
    process.once('close', (_code, signal) => {
      resolve({ signal, said })
    })
  })
}

/** What must be true whatever happened: every live session stands in the index of its person, and every entry has one. */
const CHECK = `
local function reads(key) return redis.call('HMGET', key, 'S', 'K') end
local faults, live = {}, 0
for _, key in ipairs(redis.call('KEYS', 'sj:s{*}*')) do
  if redis.call('PTTL', key) <= 0 then faults[#faults + 1] = 'for ever ' .. key end
  local field = reads(key)
  local bucket, id = string.match(key, '^sj:s(%b{})(.*)$')
  if field[1] and not field[2] then
    live = live + 1
    local inIndex = redis.call('ZSCORE', 'sj:u' .. bucket .. field[1], id)
    local aside = redis.call('ZSCORE', 'sj:x' .. bucket .. field[1], id)
    if not inIndex and not aside then faults[#faults + 1] = 'not in the index ' .. key end
    if inIndex and aside then faults[#faults + 1] = 'in two indexes ' .. key end
  end
end
for _, kind in ipairs({ 'u', 'x' }) do
  for _, key in ipairs(redis.call('KEYS', 'sj:' .. kind .. '{*}*')) do
    if redis.call('PTTL', key) <= 0 then faults[#faults + 1] = 'for ever ' .. key end
    local bucket = string.match(key, '^sj:%l(%b{})')
    for _, id in ipairs(redis.call('ZRANGE', key, 0, -1)) do
      local field = reads('sj:s' .. bucket .. id)
      if not field[1] or field[2] then faults[#faults + 1] = 'an entry of nothing ' .. key end
    end
  end
end
return { live, faults }
`

async function signedIn() {
  const browser = new Browser(app)
  const pair = await browser.visit(async (session) => {
    await session.signIn('alice')
    return session.issueTokens()
  })
  return { cookie: browser.cookie, refreshToken: pair.refreshToken }
}

describe('a process that is killed', () => {
  it('ASVS 2.3.3, fault F23: between any two commands of sign-in, rotation, renewal, sign-out and revoke-all leaves no half session', async () => {
    const plans = DEEDS.flatMap((deed) =>
      Array.from({ length: MOST_COMMANDS }, (_, at) =>
        [false, true].map((isSent) => ({ deed, at: at + 1, isSent })),
      ).flat(),
    )
    const crashes = new Map<string, number>()
    let rest = [...plans]
    // The scripts have to be known: then each verb is one command.
    await signedIn()
    await app.revokeAll('alice')
    const worker = async (): Promise<void> => {
      for (let plan = rest.shift(); plan !== undefined; plan = rest.shift()) {
        const { deed, at } = plan
        const owner = await signedIn()
        const { signal, said } = await child({ ...plan, ...owner })
        if (signal === 'SIGKILL') crashes.set(deed, Math.max(crashes.get(deed) ?? 0, at))
        else {
          // It needed fewer commands than that: so it does with more.
          expect(Number(said)).toBeLessThan(at)
          rest = rest.filter((other) => other.deed !== deed || other.at < at)
        }
        // Whoever was refreshing has one living successor at most: what came of the token is one and the same.
        const again = await Promise.all([1, 2, 3].map(() => app.tokens.refresh(owner.refreshToken)))
        const successors = new Set(
          again.map((one) => (one.status === 'refreshed' ? one.tokens.refreshToken : 'none')),
        )
        expect(successors.size).toBe(1)
      }
    }
    await Promise.all([worker(), worker()])
    // Each deed was killed at its first command at least, and those with several at each of them.
    expect([...crashes.keys()].sort()).toEqual([...DEEDS].sort())
    const [live, faults] = JSON.parse(
      JSON.stringify(
        await (connected.client as unknown as { eval(text: string): Promise<unknown> }).eval(CHECK),
      ),
    ) as [number, string[]]
    expect(faults).toEqual([])
    expect(live).toBeLessThanOrEqual(3)
  }, 120_000)
})
