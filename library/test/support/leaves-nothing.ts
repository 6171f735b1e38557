/**
 * Set up before each test file of the projects whose files share processes: what a file changed of its process and did not
 * put back is named, fails that file, and is put back. Otherwise another file fails of it, far away and not each time. It
 * sees what a process has one of; not servers left running, nor what modules of ours remember.
 */
import childProcess from 'node:child_process'
import crypto from 'node:crypto'
import dns from 'node:dns'
import events from 'node:events'
import fs from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { createRequire } from 'node:module'
import net from 'node:net'
import timers from 'node:timers'
import tls from 'node:tls'
import { afterAll, vi } from 'vitest'

/** One thing that the process has: what it is now, how it goes, and how it comes back. */
interface Thing {
  readonly value: unknown
  readonly remove?: () => unknown
  readonly putBack: () => unknown
}

type State = ReadonlyMap<string, Thing>

/** Objects that everybody shares, whose functions and values somebody may replace. */
const SHARED: Readonly<Record<string, object>> = {
  ...{ globalThis, process, console, Date, Math, JSON, Error, performance, events },
  ...{ childProcess, crypto, dns, fs, http, https, net, timers, tls },
  'http.globalAgent.options': http.globalAgent.options,
  'https.globalAgent.options': https.globalAgent.options,
}

/** What Node and the runner of the tests keep there for themselves; and what is done at the end may grow. */
const OF_OTHERS = /^(?:process\._|variable VITEST|listener \d+ for exit$)/

/** Packages that read their settings and connect once for the whole process: who needs one unloads it again. */
const KEEPS_STATE = /[\\/]node_modules[\\/](jwt-redis-sessions[\\/].*)$/

/** Stands for what is made when it is first asked for. */
const LATER = Symbol('later')

const { cache } = createRequire(import.meta.url)

function stateOfProcess(): State {
  const all = [...settings(), ...variables(), ...listeners(), ...modules(), ...shared()]
  return new Map(all.filter(([name]) => !OF_OTHERS.test(name)))
}

function* settings(): Generator<[string, Thing]> {
  const [folder, mask, { env, exitCode }] = [process.cwd(), process.umask(), process]
  yield ['the working folder', { value: folder, putBack: () => process.chdir(folder) }]
  yield ['the umask', { value: mask, putBack: () => process.umask(mask) }]
  yield ['process.env itself', { value: env, putBack: () => (process.env = env) }]
  yield ['process.exitCode', { value: exitCode, putBack: () => (process.exitCode = exitCode) }]
  const order = dns.getDefaultResultOrder()
  yield [
    'the order of addresses',
    { value: order, putBack: () => dns.setDefaultResultOrder(order) },
  ]
  const isEither = net.getDefaultAutoSelectFamily()
  const putBack = (): void => net.setDefaultAutoSelectFamily(isEither)
  yield ['the families of addresses', { value: isEither, putBack }]
}

function* variables(): Generator<[string, Thing]> {
  for (const [name, value] of Object.entries(process.env)) {
    const remove = (): unknown => Reflect.deleteProperty(process.env, name)
    yield [`variable ${name}`, { value, remove, putBack: () => (process.env[name] = value) }]
  }
}

function* listeners(): Generator<[string, Thing]> {
  for (const event of process.eventNames()) {
    for (const [at, value] of process.listeners(event as 'exit').entries()) {
      const remove = (): unknown => process.off(event as 'exit', value)
      const putBack = (): unknown => process.on(event as 'exit', value)
      yield [`listener ${at} for ${String(event)}`, { value, remove, putBack }]
    }
  }
}

function* modules(): Generator<[string, Thing]> {
  for (const path of Object.keys(cache)) {
    const [, name] = KEEPS_STATE.exec(path) ?? []
    if (name === undefined) continue
    const remove = (): unknown => Reflect.deleteProperty(cache, path)
    yield [`a loaded ${name}`, { value: cache[path], remove, putBack: () => undefined }]
  }
}

function* shared(): Generator<[string, Thing]> {
  for (const [owner, object] of Object.entries(SHARED)) {
    for (const key of Reflect.ownKeys(object)) {
      const descriptor = Reflect.getOwnPropertyDescriptor(object, key) ?? {}
      const value: unknown = 'value' in descriptor ? descriptor.value : LATER
      const remove = (): unknown => Reflect.deleteProperty(object, key)
      const putBack = (): unknown => Reflect.defineProperty(object, key, descriptor)
      yield [`${owner}.${String(key)}`, { value, remove, putBack }]
    }
  }
}

/** Puts everything back that is no longer as it was, and answers its names. Values may be secrets. */
function putBackWhatChanged(before: State): string[] {
  const after = stateOfProcess()
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter((name) => {
    const [was, is] = [before.get(name)?.value, after.get(name)?.value]
    return was !== LATER && !Object.is(was, is)
  })
  for (const name of changed) {
    after.get(name)?.remove?.()
    before.get(name)?.putBack()
  }
  return changed
}

const before = stateOfProcess()
// What is set up first is taken down last: after everything that the file itself takes down.
afterAll(() => {
  // The runner does this by itself, but later.
  vi.restoreAllMocks()
  const left = putBackWhatChanged(before)
  if (left.length === 0) return
  throw new Error(`this file changed its process, and did not put back: ${left.join(', ')}`)
})
