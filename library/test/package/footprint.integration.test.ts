/** What an application takes along by importing a subpath, and what a process holds by using it. */
import { createContext, runInContext } from 'node:vm'
import { rolldown } from 'rolldown'
import { createClient } from 'redis'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Incoming } from '../../src/request/incoming.js'
import { createSojourn } from '../../src/sojourn.js'
import { createRedisStore } from '../../src/store/redis/index.js'
import { bundleOf } from '../../../tools/package/bundle.mjs'
import { LIBRARY, manifest, subpaths } from '../../../tools/package/pack.mjs'
import { measureSizes, overweight, readBudgets } from '../../../tools/package/size.mjs'
import { startRedis } from '../support/redis-server.js'
import { issue, makeKey } from '../credential/jwt/forge.js'
import { createIssuer, JWKS_URL } from '../verify/issuer.js'

// Bundling is quick where the machine is idle.
vi.setConfig({ testTimeout: 120_000 })

describe('a bundle', () => {
  it('of createSojourn reaches no adapter, no store with a client, no drop-in, no metrics and no test kit', async () => {
    const { modules, packages, builtins } = await bundleOf('sojourn', ['createSojourn'])
    expect(modules).toContain('sojourn.js')
    expect(modules).toContain('store/memory.js')
    const strange = /^(adapter|browser|compat|telemetry|testing|verify)\/|^store\/(redis|sqlite)\//
    expect(modules.filter((path) => strange.test(path))).toEqual([])
    expect(packages).toEqual(['jose'])
    expect(builtins).toEqual(['node:crypto', 'node:net', 'node:util'])
  })

  it.each([
    ['sojourn/express', /^(compat|telemetry|testing)\/|^store\/(redis|sqlite)\//],
    ['sojourn/redis', /^(adapter|compat|session|telemetry|testing)\/|^store\/(journal|sqlite)\//],
    ['sojourn/sqlite', /^(adapter|compat|session|telemetry|testing)\/|^store\/(journal|redis)\//],
    ['sojourn/verify', /^(?!verify\/|credential\/jwt\/|errors\.js|system\/(clock|duration)\.js)/],
    ['sojourn/telemetry', /^(adapter|compat|testing)\/|^store\/(redis|sqlite)\//],
  ])('of %s reaches no part that it has no use for', async (specifier, strange) => {
    const { modules } = await bundleOf(specifier)
    expect(modules.length).toBeGreaterThan(5)
    expect(modules.filter((path) => strange.test(path))).toEqual([])
  })

  it('of no subpath reaches another package than jose, and those that package.json names as optional', async () => {
    const { dependencies, peerDependencies } = manifest()
    const named = Object.keys({ ...dependencies, ...peerDependencies })
    for (const specifier of subpaths().keys()) {
      const { packages } = await bundleOf(specifier)
      const strange = packages.filter((name) => !named.includes(name))
      expect([specifier, strange]).toEqual([specifier, []])
    }
  })

  it('of each subpath keeps to its budget (npm run size -- --write where a growth is meant)', async () => {
    const sizes = await measureSizes()
    expect(overweight(sizes, readBudgets())).toEqual([])
    // The check itself: a byte too many, a new subpath, one that is gone.
    const budgets = { one: { measured: 9, budget: 10 }, gone: { measured: 1, budget: 2 } }
    expect(
      overweight(
        new Map([
          ['one', 11],
          ['other', 1],
        ]),
        budgets,
      ),
    ).toEqual([
      'one weighs 11 bytes, budget 10',
      'other has no budget',
      'gone has a budget and is not there',
    ])
  })
})

/** A request, as an adapter would describe it. */
const INCOMING: Incoming = {
  ...{ method: 'GET', target: '/', host: 'app.example', isSecure: true, address: '192.0.2.1' },
  ...{ userAgent: 'test', cookieHeader: undefined, forwardedNotice: undefined },
  header: () => undefined,
  isRepeated: () => false,
}

/** The entry as a script, for a world that has no modules. */
async function scriptOf(specifier: string): Promise<string> {
  const input = `${LIBRARY}/${subpaths().get(specifier) ?? ''}`
  const bundle = await rolldown({ input, platform: 'browser', logLevel: 'silent' })
  const { output } = await bundle.generate({ format: 'iife', name: 'entry' })
  await bundle.close()
  const [{ code, imports, dynamicImports }] = output
  expect([...imports, ...dynamicImports]).toEqual([])
  return code
}

it('behaviour 40a: sojourn/verify needs no module of Node, the core sets no interval, and a process has one connection', async () => {
  // A world without Node: what it lacks would throw.
  const { builtins } = await bundleOf('sojourn/verify')
  expect(builtins).toEqual([])
  const key = await makeKey('ES256', 'ec')
  const web = { AbortController, AbortSignal, CryptoKey, Headers, Request, Response, TextDecoder }
  const more = { TextEncoder, URL, atob, btoa, clearTimeout, crypto, performance, setTimeout }
  const context = createContext({ ...web, ...more, fetch: createIssuer(key).fetch })
  runInContext(await scriptOf('sojourn/verify'), context)
  const has = (name: string): unknown => runInContext(`typeof ${name}`, context)
  expect(['process', 'Buffer', 'require', 'global'].map(has)).toEqual(Array(4).fill('undefined'))
  const verifier = runInContext(
    `entry.createVerifier({ issuer: 'https://id.example', audience: 'https://api.example', jwks: '${JWKS_URL}', clock: { now: () => 1704067200000, elapsed: () => 0 } })`,
    context,
  ) as { verify(token: string): Promise<{ ok: boolean }> }
  const token = await issue(key)
  expect(await verifier.verify(token)).toMatchObject({ ok: true, claims: { subject: 'ada' } })
  expect(await verifier.verify(`${token.slice(0, -8)}AAAAAAAA`)).toMatchObject({ ok: false })

  // No module that the core is made of names it, and nothing ticks in a process that has made one.
  const { code } = await bundleOf('sojourn', ['createSojourn'])
  expect(code).not.toContain('setInterval')
  const timers = (): number =>
    process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const before = timers()
  const plain = createSojourn({ secrets: 'x'.repeat(43) })
  await plain.exchange(INCOMING).session.signIn('ada')
  expect(timers()).toBe(before)

  // Two applications in one process, both with sessions in one Redis and hearing of changes.
  const server = await startRedis()
  onTestFinished(() => server.stop())
  const [client, subscriber] = await Promise.all(
    ['commands', 'changes'].map((name) => createClient({ url: server.url, name }).connect()),
  )
  const apps = ['a:', 'b:'].map((keyPrefix) =>
    createSojourn({
      secrets: 'x'.repeat(43),
      store: createRedisStore({ client: client as never, keyPrefix }),
    }),
  )
  const listening = createSojourn({
    secrets: 'x'.repeat(43),
    store: createRedisStore({ client: client as never, subscriber: subscriber as never }),
  })
  for (const app of [...apps, listening]) {
    const exchanges = Array.from({ length: 20 }, () => app.exchange(INCOMING))
    await Promise.all(
      exchanges.map(async (exchange, index) => {
        await exchange.session.signIn(`person-${index}`)
        await exchange.commit()
      }),
    )
    expect((await app.list('person-1')).sessions).toHaveLength(1)
  }
  const list = await server.cli('CLIENT', 'LIST')
  const names = [...list.matchAll(/ name=(\S*)/g)].map(([, name]) => name)
  // The third is redis-cli, which asks.
  expect(names.toSorted()).toEqual(['', 'changes', 'commands'])
  for (const app of [...apps, listening]) await app.close()
  client?.destroy()
  subscriber?.destroy()
})
