/** Encrypted values where they rest: on every store, before an attacker who writes there, and a million times. */
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import express from 'express'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createExpressAdapter } from '../../src/adapter/express.js'
import { deriveKey } from '../../src/credential/session-token.js'
import { createValuesAtRest } from '../../src/session/encryption.js'
import { createEvents } from '../../src/session/events.js'
import { createSojourn, type Sojourn } from '../../src/sojourn.js'
import { createMemoryStore } from '../../src/store/memory.js'
import type { Store } from '../../src/store/store.js'
import { createHmac } from '../../src/system/digest.js'
import { randomNonce } from '../../src/system/random.js'
import { open as openSealed } from '../../src/system/seal.js'
import { BACKENDS, type Backend } from '../support/backends.js'
import { Browser } from '../support/browser.js'
import { hearing, SECRET } from '../support/sojourn.js'
import { listen, WebClient, type RunningServer } from '../support/web.js'

const OLD = 'the older encryption secret, 32 bytes or more'
const NEW = 'the newer encryption secret, 32 bytes or more'
/** Where the IV begins in a text at rest, and how many characters its 96 bits take. */
const BODY_AT = '"\\/~1.name.'.length
const IV_LENGTH = 16
const WORDS = ['plain-cart-item', 'plain-guest', 'plain-updated', 'plain-flash', '424242']

type Data = Record<string, unknown>

/** The same store; what goes in and out, of which a memory store has no dump, is noted. */
function listening(store: Store, heard: string[]): Store {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...given: unknown[]) => {
        const answer: unknown = Reflect.apply(value as () => unknown, target, given)
        heard.push(legible(given))
        if (answer instanceof Promise) {
          answer.then(
            (found) => heard.push(legible(found)),
            () => undefined,
          )
        }
        return answer
      }
    },
  })
}

function legible(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part instanceof Map ? [...(part as Map<unknown, unknown>)] : part,
  )
}

for (const [name, open] of Object.entries(BACKENDS)) {
  describe(`encrypted values on ${name}`, () => {
    let backend: Backend
    const opened: Sojourn<Data>[] = []
    const heard: string[] = []

    beforeAll(async () => {
      backend = await open()
    }, 60_000)
    afterAll(async () => {
      for (const sojourn of opened) await sojourn.settled()
      await backend.close()
    }, 60_000)

    const node = (at: 0 | 1, ...secrets: string[]) => {
      const sojourn = createSojourn<Data>({
        secrets: SECRET,
        store: listening(backend.stores[at], heard),
        ...(secrets.length === 0 ? {} : { encryption: { secrets } }),
        resilience: { commandDeadline: '5s' },
      })
      opened.push(sojourn)
      return sojourn
    }
    const at = (sojourn: Sojourn<Data>, browser: Browser<Data>) => {
      const other = new Browser(sojourn)
      for (const [cookie, value] of browser.jar) other.jar.set(cookie, value)
      return other
    }

    it('behaviour 24b: a dump holds no value in clear, under the old secret, both, and the new one alone', async () => {
      const old = node(0, OLD)
      const browser = new Browser(old)
      await browser.visit((session) => {
        session.set('guest', 'plain-guest')
      })
      await browser.visit(async (session) => {
        session.set('cart', ['plain-cart-item'])
        await session.signIn('alice')
        await session.flash('notice', 'plain-flash')
      })
      await browser.visit((session) => session.incr('count', 424_242))
      const all = { guest: 'plain-guest', cart: ['plain-cart-item'], count: 424_242 }

      // Two processes while the secret changes: one knows the new one, the other uses it.
      const knowing = at(node(0, OLD, NEW), browser)
      const using = at(node(1, NEW, OLD), browser)
      expect(await using.visit((session) => session.all())).toEqual(all)
      await using.visit((session) => session.update('cart', () => ['plain-updated']))
      await knowing.visit((session) => session.incr('count'))
      await using.visit((session) => session.incr('count'))
      const turned = { ...all, cart: ['plain-updated'], count: 424_244 }
      const fresh = async (person: Browser<Data>) =>
        person.visit(async (session) => (await session.load({ fresh: true })).all())
      expect(await fresh(using)).toEqual(turned)
      expect(await fresh(knowing)).toEqual(turned)
      expect(await fresh(at(node(1, NEW), browser))).toEqual({
        cart: ['plain-updated'],
        count: 424_244,
        guest: undefined,
      })

      const dump = (await backend.dump()) + heard.join('\n')
      expect(dump).toContain('~1.')
      for (const word of WORDS) expect(dump).not.toContain(word)
      // The same dump shows what was written in clear, so that it would have shown the others, too.
      await at(node(0), browser).visit((session) => {
        session.set('open', 'legible-word')
      })
      expect((await backend.dump()) + heard.join('\n')).toContain('legible-word')
    }, 60_000)

    it('lose no step where forty increments from two processes, of which one still has the old secret in front, meet', async () => {
      const browser = new Browser(node(0, OLD, NEW))
      await browser.visit((session) => session.signIn('bob'))
      const other = at(node(1, NEW, OLD), browser)
      await Promise.all(
        Array.from({ length: 40 }, (_, index) =>
          (index % 2 === 0 ? browser : other).request((session) => session.incr('n')),
        ),
      )
      const read = async () =>
        other.visit(async (session) => (await session.load({ fresh: true })).get('n'))
      expect(await read()).toBe(40)
    }, 60_000)
  })
}

describe('damaged values', () => {
  let server: RunningServer
  const store = createMemoryStore()
  const sojourn = createSojourn<Data>({
    secrets: SECRET,
    store,
    cache: false,
    encryption: { secrets: [NEW, OLD] },
  })
  const told: unknown[] = []
  sojourn.on('data.invalid', (event) => told.push(event))

  beforeAll(async () => {
    const web = createExpressAdapter(sojourn)
    const app = express()
    app.use(web.sessions)
    app.get(
      '/in',
      web.handler(async (req, res) => {
        await req.session.signIn('alice')
        req.session.set('name', 'Ann')
        req.session.set('other', 'Bob')
        res.send('in')
      }),
    )
    app.get(
      '/name',
      web.requireSession(),
      web.handler(async (req, res) => {
        res.json({ id: req.session.id, name: (await req.session.get('name')) ?? null })
      }),
    )
    server = await listen(app)
  })
  afterAll(async () => {
    await server.close()
    await sojourn.close()
  })

  it('ASVS 11.2.5, CVE-2021-29443: bad tag, body, IV, key, padding, length, place: one status, one answer, one event', async () => {
    const client = new WebClient(server)
    await client.get('/in')
    const asked = await client.get('/name')
    const { id, name } = JSON.parse(asked.body) as { id: string; name: string }
    expect([asked.status, name]).toEqual([200, 'Ann'])
    const answer = await store.read(id)
    const data = answer.status === 'found' ? answer.record.data : new Map<string, never>()
    const good = data.get('name')?.json ?? ''
    const values = (secret: string) => createValuesAtRest([secret], createEvents())
    const at = good.lastIndexOf('.') + 1
    const flipped = (byte: number) => {
      const raw = Buffer.from(good.slice(at, -1), 'base64url')
      const place = (raw.length + byte) % raw.length
      raw.writeUInt8(raw.readUInt8(place) ^ 1, place)
      return `${good.slice(0, at)}${raw.toString('base64url')}"`
    }
    const head = good.slice(0, at)
    const damaged: Record<string, string> = {
      'bad IV': flipped(0),
      'bad body': flipped(13),
      'bad tag': flipped(-1),
      'bad key': head + values(OLD).seal(id, 'name', '"Ann"').slice(at),
      'bad key, named': values('a secret that nobody has given to it').seal(id, 'name', '"Ann"'),
      'bad padding': `${good.slice(0, -1)}="`,
      'bad padding, longer': `${good.slice(0, -1)}==="`,
      'one character less': `${good.slice(0, -2)}"`,
      'one character more': `${good.slice(0, -1)}A"`,
      'no tag': `${head}${good.slice(at, at + 22)}"`,
      'IV alone': `${head}${good.slice(at, at + 16)}"`,
      nothing: `${head}"`,
      'no end': good.slice(0, -1),
      'another end': `${good.slice(0, -1)}x`,
      'no start': '"\\/~"',
      'other version': good.replace('~1.', '~2.'),
      'no base64': `${head}${'!'.repeat(60)}"`,
      random: `${head}${randomBytes(60).toString('base64url')}"`,
      'of another key': data.get('other')?.json ?? '',
      'of another session': values(NEW).seal(`${id.slice(0, -1)}~`, 'name', '"Ann"'),
    }
    const seen = new Map<string, string[]>()
    for (const [what, text] of Object.entries(damaged)) {
      await store.change(id, { set: new Map([['name', text]]) })
      told.length = 0
      const { status, headers, cookies, body } = await client.get('/name')
      await hearing()
      const { date: _, ...others } = headers
      const outcome = JSON.stringify({ status, headers: others, cookies, body, told })
      seen.set(outcome, [...(seen.get(outcome) ?? []), what])
    }
    expect([...seen.values()]).toEqual([Object.keys(damaged)])
    const [outcome = '{}'] = seen.keys()
    expect(JSON.parse(outcome)).toMatchObject({
      status: 200,
      body: JSON.stringify({ id, name: null }),
      told: [{ id, key: 'name' }],
    })
    await store.change(id, { set: new Map([['name', good]]) })
    expect((await client.get('/name')).body).toContain('Ann')
  })
})

describe('the cipher', () => {
  it('ASVS 11.3.2: is AES-256-GCM with the whole tag for values as for keys, and nothing else encrypts or decrypts', () => {
    const root = fileURLToPath(new URL('../../../', import.meta.url))
    const sources = ['library/src', 'service/src'].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.tsx?$/.test(name))
        .map((name) => ({
          file: join(folder, name),
          text: readFileSync(join(root, folder, name), 'utf8'),
        })),
    )
    expect(sources.length).toBeGreaterThan(300)
    const found = (pattern: RegExp) =>
      sources.filter(({ text }) => pattern.test(withoutComments(text))).map(({ file }) => file)
    // Node's own cipher for values, WebCrypto's for the keys of a ring; jose's (JWE) for nothing.
    expect(found(/create(?:C|Dec)ipher|(?:public|private)(?:En|De)crypt/i)).toEqual([
      'library/src/system/seal.ts',
    ])
    expect(found(/subtle\s*\.\s*(?:en|de)crypt|(?:un)?wrapKey/i)).toEqual([
      'library/src/keys/sealer.ts',
    ])
    expect(found(/(?:compact|flattened|general|jwt)Decrypt|EncryptJWT|\w+Encrypt\b/)).toEqual([])
    expect(
      found(
        /['"](?:aes-|des-|des3|rc4|chacha|camellia|aria\d|sm4)[\w-]*['"]|['"][\w-]*-(?:cbc|ctr|ecb)\b/i,
      ),
    ).toEqual([
      'library/src/keys/sealer.ts',
      'library/src/system/seal.ts',
      // The list of what is used, for people.
      'service/src/cli/crypto-inventory.ts',
    ])
    const textOf = (name: string) => sources.find(({ file }) => file === name)?.text ?? ''
    const [seal, sealer] = ['system/seal', 'keys/sealer'].map((name) =>
      textOf(`library/src/${name}.ts`),
    )
    const made = [...(seal ?? '').matchAll(/create(?:De)?[Cc]ipheriv\(([^;]*?)\)\n/g)]
    expect(made).toHaveLength(2)
    for (const [call] of made) expect(call).toMatch(/\(CIPHER, key, .*authTagLength: TAG_BYTES/s)
    expect(seal).toContain("const CIPHER = 'aes-256-gcm'\n")
    expect(seal).toContain('const TAG_BYTES = 16\n')
    expect(seal).toContain('const IV_BYTES = 12\n')
    expect(sealer).toContain("const CIPHER = 'AES-GCM'\n")
    expect(sealer).toContain('const VECTOR_BYTES = 12\n')
    expect(sealer).toMatch(/name: CIPHER, iv, .*tagLength: 128 /)
  })

  it('ASVS 11.3.4: a million IVs of 96 bits differ, and so do the keys of a thousand sessions', () => {
    const values = createValuesAtRest([NEW], createEvents())
    const ids = Array.from({ length: 1_000 }, (_, index) => `ab.${String(index).padStart(22, '0')}`)
    const secret = createHmac(deriveKey(NEW, 'values'))
    const keys = ids.map((id) => secret.sign(`record ${id}`))
    expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(ids.length)
    // A million encryptions take 4 s of a processor. So one IV in five is that of a value; the other four are taken
    // from where it came from, the next bytes in the same block each time, which is checked.
    const seen = new Set<string>()
    let neighbours = 0
    for (const [index, id] of ids.entries()) {
      let text = ''
      for (let value = 0; value < 200; value += 1) {
        text = values.seal(id, 'n', '1')
        const part = text.slice(BODY_AT, BODY_AT + IV_LENGTH)
        const iv = Buffer.from(part, 'base64url').toString('latin1')
        seen.add(iv)
        const next = randomNonce(12)
        if (next.byteOffset >= 12 && value === 0) {
          const before = Buffer.from(next.buffer, next.byteOffset - 12, 12)
          expect(before.toString('latin1')).toBe(iv)
          neighbours += 1
        }
        seen.add(next.toString('latin1'))
        for (let more = 0; more < 3; more += 1) seen.add(randomNonce(12).toString('latin1'))
      }
      const sealed = text.slice(BODY_AT, -1)
      expect(openSealed(keys[index] ?? Buffer.of(), `${id} n`, sealed)).toBe('1')
      expect(openSealed(keys[(index + 1) % 1_000] ?? Buffer.of(), `${id} n`, sealed)).toBe(
        undefined,
      )
      expect(Buffer.from(sealed, 'base64url').length).toBe(12 + 1 + 16)
    }
    expect(neighbours).toBeGreaterThan(900)
    expect(seen.size).toBe(1_000_000)
  })
})

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, '')
}
