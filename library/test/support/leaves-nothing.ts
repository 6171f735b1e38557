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
  'https.globalAgent.options': https.globalAgent.options,
}

/**
 * What Node, the runner of the tests, graceful-fs and tslib keep there for themselves: each copy of tslib that is loaded puts
 * its functions over those of the one before. And whatever is done when the process ends may become more.
 */
const OF_OTHERS =
  /^(?:process\._|variable VITEST|listener \d+ for exit$|process\.(?:chdir|cwd)$|fs\.close|globalThis\.__\w+$|.*graceful-fs)/

/** What packages put there once, when something first needs them, and may not be exchanged from then on. */
const OF_FIRST_USE =
  /^globalThis\.Symbol\((?:undici\.globalDisp|opentelemetry\.js\.api|signal-exit ).*\)$/

/** Packages that read their settings and connect once for a whole process: each file gets them anew. */
const KEEPS_STATE = /[\\/]node_modules[\\/]jwt-redis-sessions[\\/]/

/** Stands for what is made when it is first asked for. */
const LATER = Symbol('later')

const { cache } = createRequire(import.meta.url)

function stateOfProcess(): State {
  const all = [...settings(), ...variables(), ...listeners(), ...telemetry(), ...shared()]
  return new Map(all.filter(([name]) => !OF_OTHERS.test(name)))
}

function* settings(): Generator<[string, Thing]> {
  const [folder, mask, { env, exitCode }] = [process.cwd(), process.umask(), process]
  yield ['the working folder', { value: folder, putBack: () => process.chdir(folder) }]
  yield ['the umask', { value: mask, putBack: () => process.umask(mask) }]
  yield ['process.env itself', { value: env, putBack: () => (process.env = env) }]
  yield ['the exit code', { value: exitCode, putBack: () => (process.exitCode = exitCode) }]
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

/** What is there for all copies of OpenTelemetry's interface, but for its version. */
function* telemetry(): Generator<[string, Thing]> {
  const api = Reflect.get(globalThis, Symbol.for('opentelemetry.js.api.1')) as object | undefined
  for (const [name, value] of Object.entries(api ?? {})) {
    if (name === 'version') continue
    const remove = (): unknown => Reflect.deleteProperty(api ?? {}, name)
    const putBack = (): unknown => Reflect.set(api ?? {}, name, value)
    yield [`the ${name} of OpenTelemetry`, { value, remove, putBack }]
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
    const was = before.has(name) || !OF_FIRST_USE.test(name) ? before.get(name)?.value : LATER
    return was !== LATER && !Object.is(was, after.get(name)?.value)
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
  for (const path of Object.keys(cache)) {
    if (KEEPS_STATE.test(path)) Reflect.deleteProperty(cache, path)
  }
  const left = putBackWhatChanged(before)
  if (left.length === 0) return
  throw new Error(`this file changed its process, and did not put back: ${left.join(', ')}`)
})
