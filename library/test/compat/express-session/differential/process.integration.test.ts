/**
 * What the modules say to the process that they run in: deprecations, warnings, DEBUG lines, rejections. Each
 * script runs in a process of its own, once with the original and once with the built package.
 */
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const require = createRequire(import.meta.url)
const MODULES = [
  process.env['DIFFERENTIAL_BUILD'] ?? require.resolve('sojourn/express-session'),
  require.resolve('express-session'),
] as const

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'differential-'))
})
afterAll(() => rm(folder, { recursive: true }))

interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

interface Surroundings {
  readonly env?: Record<string, string>
  readonly flags?: readonly string[]
  /** The name of the script's file: its ending says how it is read. */
  readonly file?: string
}

let scripts = 0

/** Runs a script that finds the module's path in MODULE. */
async function run(module: string, text: string, { env, flags, file }: Surroundings): Promise<Ran> {
  // Not under a name that says which run it is: places are compared too.
  const path = join(folder, file ?? `app-${++scripts}.cjs`)
  await writeFile(path, text)
  const name = path.slice(folder.length + 1)
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', ...(flags ?? []), path],
    { cwd: folder, env: { PATH: process.env['PATH'] ?? '', MODULE: module, ...env } },
  )
  const texts = { out: '', err: '' }
  child.stdout.on('data', (part) => (texts.out += String(part)))
  child.stderr.on('data', (part) => (texts.err += String(part)))
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, out: texts.out, err: plain(texts.err).replaceAll(name, 'app') }
}

/** Lines without their dates, and ids made by chance by a name. */
function plain(text: string): string {
  return (
    text
      .replaceAll(/\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT/g, '<date>')
      .replaceAll(/(s%3A)?[\w-]{32}\.[\w+/%]{43,}/g, '<signed>')
      .replaceAll(/(?<![\w-])[\w-]{32}(?![\w-])/g, '<id>')
      // Ours shortens what could be presented.
      .replaceAll(/(fetching|saving|reloading) \S+/g, '$1 <id>')
      .replaceAll(/(set-cookie connect\.sid=)[^;\n]+/g, '$1<signed>')
  )
}

async function compareRuns(text: string, surroundings: Surroundings = {}): Promise<Ran> {
  const [ours, original] = await Promise.all(MODULES.map((path) => run(path, text, surroundings)))
  expect(ours).toStrictEqual(original)
  return original as Ran
}

const HEAD = `
const session = require(process.env.MODULE)
const quiet = { secret: 'a long and random text, made for this test 0123456789', resave: false, saveUninitialized: false }
`

const UNDECIDED = `${HEAD}
for (let turn = 0; turn < 3; turn += 1) session({})
session({ secret: 'a long and random text, made for this test 0123456789' })
new session.Cookie({ maxAge: new Date(2e12) })
function twice() {
  session({ ...quiet, resave: undefined })
}
twice()
twice()
`

describe('deprecations', () => {
  it('are told once for each place, on stderr', async () => {
    const { err } = await compareRuns(UNDECIDED)
    expect(err).toContain('express-session deprecated undefined resave option')
  })

  for (const names of [
    'express-session',
    '*',
    'other Express-Session',
    'a,express-session',
    'other',
    '',
  ]) {
    it(`NO_DEPRECATION=${names}`, async () => {
      await compareRuns(UNDECIDED, { env: { NO_DEPRECATION: names } })
    })
  }

  it('--no-deprecation silences them', async () => {
    const { err } = await compareRuns(UNDECIDED, { flags: ['--no-deprecation'] })
    expect(err).toBe('')
  })

  for (const names of ['', 'express-session']) {
    it(`go to listeners instead (NO_DEPRECATION=${names})`, async () => {
      const listener = `process.on('deprecation', (warning) => {
        console.log(warning.name, warning.namespace, warning.message, warning instanceof Error)
      })\n`
      const { err } = await compareRuns(listener + UNDECIDED, { env: { NO_DEPRECATION: names } })
      expect(err).toBe('')
    })
  }

  it('cookies that only cookie-parser saw', async () => {
    await compareRuns(`${HEAD}
const { createHmac } = require('node:crypto')
const mac = createHmac('sha256', quiet.secret).update('x').digest('base64').replace(/=+$/, '')
const middleware = session({ ...quiet, store: new session.MemoryStore() })
for (let turn = 0; turn < 2; turn += 1) {
  middleware({ headers: {}, url: '/', signedCookies: { 'connect.sid': 'x' } }, {}, () => undefined)
  middleware({ headers: {}, url: '/', cookies: { 'connect.sid': 's:x.' + mac } }, {}, () => undefined)
}`)
  })
})

describe('the warning of the MemoryStore', () => {
  for (const mode of ['production', 'development', '']) {
    it(`S2-04: NODE_ENV=${mode}`, async () => {
      const { err } = await compareRuns(
        `${HEAD}
session(quiet)
session({ ...quiet, store: new session.MemoryStore() })
class Own extends session.MemoryStore {}
session({ ...quiet, store: new Own() })
class Other extends session.Store {
  get() {}
  set() {}
  destroy() {}
}
session({ ...quiet, store: new Other() })`,
        { env: { NODE_ENV: mode } },
      )
      expect(err.includes('MemoryStore is not')).toBe(mode === 'production')
    })
  }
})

const REQUESTS = `
const { createServer, get } = require('node:http')
const { createHmac } = require('node:crypto')
const store = new session.MemoryStore()
const cookie = { path: '/app', maxAge: 5000 }
const middleware = session({ ...quiet, store, cookie, genid: () => 'some-id', unset: 'destroy' })
const mac = createHmac('sha256', quiet.secret).update('some-id').digest('base64').replace(/=+$/, '')
const signed = 'connect.sid=' + encodeURIComponent('s:some-id.' + mac)
const server = createServer((req, res) => {
  middleware(req, res, (error) => {
    if (error) return res.end('failed')
    if (req.url.endsWith('write')) req.session.n = 1
    if (req.url.endsWith('reload')) return req.session.reload(() => res.end())
    if (req.url.endsWith('bogus')) req.sessionID = { a: 1 }
    if (req.url.endsWith('secure')) { req.session.n = 2; req.session.cookie.secure = true; req.sessionID = 'x' }
    if (req.url.endsWith('unset')) req.session = null
    if (req.url.endsWith('length')) { req.session.n = 3; res.setHeader('Content-Length', 4) }
    res.end('text')
  })
})
const ask = (path, cookie) => new Promise((resolve) => {
  const headers = cookie ? { cookie } : {}
  get({ port: server.address().port, path, headers }, (res) => res.resume().on('end', resolve))
})
server.listen(0, async () => {
  await ask('/')
  await ask('/app')
  await ask('/app/write')
  await ask('/app/read', signed)
  await ask('/app/write', signed)
  await ask('/app/length', signed)
  await ask('/app/reload', signed)
  await ask('/app/bogus', signed)
  await ask('/app/secure', signed)
  await ask('/app/read', 'connect.sid=unsigned')
  await ask('/app/read', 'connect.sid=s%3Awrong.signature')
  await ask('/app/read', signed.replace('some-id', 'other-id'))
  await ask('/app/unset', signed)
  await ask('/app/read', signed)
  const { get: find } = store
  store.get = (id, done) => done(Object.assign(new Error('broken'), { code: 'EBROKEN' }))
  await ask('/app/read', signed)
  store.get = find
  store.emit('disconnect')
  await ask('/app/read', signed)
  server.close()
})
`

describe('DEBUG', () => {
  for (const names of [
    'express-session',
    'express*',
    '*',
    '*,-express-session',
    'other',
    'a express-session',
  ]) {
    it(`${names}: the lines that say what is done`, async () => {
      const { err } = await compareRuns(`${HEAD}${REQUESTS}`, { env: { DEBUG: names } })
      expect(err.includes('express-session')).toBe(
        !/other|-express/.test(names.replace('a express-session', '')),
      )
    })
  }

  it('ours never writes down what could be presented: the one difference', async () => {
    const tell = `${HEAD}${REQUESTS.replaceAll('some-id', 'some-id-that-must-not-be-logged')}`
    const env = { DEBUG: 'express-session' }
    const ours = await run(MODULES[0], tell, { env })
    expect(ours.err).toContain('express-session saving')
    expect(ours.err).not.toContain('must-not-be-logged')
  })
})

describe('rejections', () => {
  it('a failed save, destroy or touch that nobody asks about ends no process', async () => {
    const { code, err } = await compareRuns(`${HEAD}
const store = new session.MemoryStore()
const fail = (...given) => setImmediate(given.at(-1), new Error('the store is gone'))
const middleware = session({ ...quiet, store })
const req = { headers: {}, url: '/' }
middleware(req, {}, () => {
  Object.assign(store, { set: fail })
  req.session.save()
  req.session.save(() => undefined)
  setTimeout(() => console.log('alive'), 20)
})`)
    expect([code, err]).toStrictEqual([0, ''])
  })
})

describe('the ways to load it', () => {
  it('behaviour 32a: require gives the function with its classes', async () => {
    const { out } = await compareRuns(`${HEAD}
const { Store, Cookie, Session, MemoryStore } = require(process.env.MODULE)
console.log(typeof session, session.name, session.length)
console.log([Store, Cookie, Session, MemoryStore].map((made) => typeof made + made.name))
console.log(Store === session.Store, new MemoryStore() instanceof Store)`)
    expect(out).toContain('function session 1')
  })

  it('behaviour 32a: import gives the same by default and by name', async () => {
    const { out } = await compareRuns(
      `
import { createRequire } from 'node:module'
const all = await import(process.env.MODULE)
const session = all.default
console.log(typeof session, session.name, typeof session({ secret: 'x', resave: false, saveUninitialized: false }))
for (const name of ['Store', 'Cookie', 'Session', 'MemoryStore']) console.log(name, all[name] === session[name])
console.log(createRequire(import.meta.url)(process.env.MODULE) === session)`,
      { file: 'app.mjs' },
    )
    expect(out).toContain('MemoryStore true')
  })
})
