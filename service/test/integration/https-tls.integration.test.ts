/** The service that ends TLS itself: what it speaks, new certificates without a restart, and what goes wrong. */
import { copyFileSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeKeyPair, type KeyPair } from '../support/tls-key-pair.js'
import { production } from '../support/https.js'
import { speak } from '../support/raw.js'
import { startService, temporaryFolder, type LogLine, type Service } from '../support/service.js'

let service: Service
let folder: string
let first: KeyPair
/** What the service reads. */
let live: KeyPair

beforeAll(async () => {
  folder = temporaryFolder()
  first = makeKeyPair(folder, 'first')
  live = { key: join(folder, 'live.key'), certificate: join(folder, 'live.crt') }
  copyFileSync(first.key, live.key)
  copyFileSync(first.certificate, live.certificate)
  const { TRUST_PROXY: _, ...rest } = production()
  service = await startService(
    { ...rest, HTTPS_CERT_FILE: live.certificate, HTTPS_KEY_FILE: live.key },
    { certificate: live.certificate },
  )
})
afterAll(() => service[Symbol.asyncDispose]())

/** A TLS connection; resolves once it is made. */
function shake(options: ConnectionOptions = {}): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect(
      {
        ...{ host: '127.0.0.1', port: service.port, servername: 'app.example' },
        ...{ rejectUnauthorized: false },
        ...options,
      },
      () => {
        resolve(socket)
      },
    )
    socket.on('error', reject)
  })
}

/** What a handshake comes to: the protocol and the cipher, or why there is none. */
async function outcome(options: ConnectionOptions): Promise<string> {
  try {
    const socket = await shake(options)
    const text = `${socket.getProtocol() ?? ''} ${socket.getCipher().standardName}`
    socket.destroy()
    return text
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'failed'
  }
}

/** The name in the certificate that new connections are shown. */
async function shownName(): Promise<unknown> {
  const socket = await shake()
  const { subject } = socket.getPeerCertificate()
  socket.destroy()
  return subject.CN
}

const told = (event: string): LogLine[] => service.log().filter((line) => line['event'] === event)

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 15_000
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`it did not come to be:\n${service.output()}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

describe('what is spoken', () => {
  it('ASVS 16.3.4: what never became a connection is in the log, bounded', async () => {
    const before = told('tls.failed').length
    await speak(service.port, 'GET / HTTP/1.1\r\n\r\n', 500)
    await until(() => told('tls.failed').length > before)
    const [line] = told('tls.failed').slice(before)
    expect(line).toMatchObject({ code: expect.stringMatching(/^ERR_SSL_/), address: '127.0.0.1' })
    await Promise.all(Array.from({ length: 40 }, () => speak(service.port, 'x\r\n\r\n', 500)))
    expect(told('tls.failed').length).toBeLessThanOrEqual(10)
  })

  it('ASVS 12.1.1: TLS 1.2 and 1.3, and nothing older', async () => {
    // At security level 0 OpenSSL would offer the old ones.
    const old = 'DEFAULT:@SECLEVEL=0'
    for (const version of ['TLSv1', 'TLSv1.1'] as const) {
      const found = await outcome({ minVersion: version, maxVersion: version, ciphers: old })
      expect([version, found]).toEqual([version, expect.stringMatching(/^ERR_SSL_|^ECONNRESET$/)])
    }
    expect(await outcome({ maxVersion: 'TLSv1.2' })).toMatch(/^TLSv1\.2 TLS_ECDHE_/)
    expect(await outcome({})).toMatch(/^TLSv1\.3 /)
  })

  it('takes no cipher without forward secrecy and authentication', async () => {
    for (const ciphers of [
      'ECDHE-ECDSA-AES128-SHA',
      'ECDHE-ECDSA-AES128-SHA256',
      'AES128-GCM-SHA256',
      'AES128-SHA',
    ]) {
      const found = await outcome({ maxVersion: 'TLSv1.2', ciphers: `${ciphers}:@SECLEVEL=0` })
      expect([ciphers, found]).toEqual([ciphers, expect.stringMatching(/^ERR_SSL_/)])
    }
    const good = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-CHACHA20-POLY1305' } as const
    expect(await outcome(good)).toContain('CHACHA20')
  })

  it('ASVS 12.2.1: on its port plain http gets no answer at all', async () => {
    for (const path of ['/', '/health', '/login']) {
      const text = `GET ${path} HTTP/1.1\r\nHost: app.example\r\nAccept: text/html\r\n\r\n`
      expect(await speak(service.port, text, 1_000)).not.toMatch(/HTTP/)
    }
  })
})

describe('a new certificate', () => {
  it('S0-16: is in use without a restart as soon as its key is there, too, while open connections go on', async () => {
    expect(await shownName()).toBe('first')
    const open = await shake()
    const second = makeKeyPair(folder, 'second')
    // Certificate first: for a moment they do not belong together.
    copyFileSync(second.certificate, live.certificate)
    expect(await shownName()).toBe('first')
    copyFileSync(second.key, live.key)
    await until(async () => (await shownName()) === 'second')
    expect(told('tls.reloaded')).toHaveLength(1)
    const answered = new Promise((resolve) => open.once('data', resolve))
    open.write('GET /health HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n\r\n')
    expect(String(await answered)).toMatch(/^HTTP\/1\.1 200/)
    expect(await statusBy(readFileSync(second.certificate))).toBe(200)
    expect(await outcome({ maxVersion: 'TLSv1.1', minVersion: 'TLSv1' })).toMatch(/^E/)
  })

  it('that is damaged, half-written, gone, or not for this key is not used, and told of once', async () => {
    const other = makeKeyPair(folder, 'other')
    const before = await shownName()
    for (const [at, spoil] of [
      () => {
        writeFileSync(live.certificate, readFileSync(other.certificate).subarray(0, 200))
      },
      () => {
        copyFileSync(other.certificate, live.certificate)
      },
      () => {
        renameSync(live.key, `${live.key}.away`)
      },
    ].entries()) {
      spoil()
      const count = told('tls.reload_failed').length
      process.kill(service.pid, 'SIGHUP')
      await until(() => told('tls.reload_failed').length > count)
      expect([at, await shownName()]).toEqual([at, before])
    }
    // Nobody says it again every two seconds.
    const count = told('tls.reload_failed').length
    await new Promise((resolve) => setTimeout(resolve, 4_500))
    expect(told('tls.reload_failed')).toHaveLength(count)
    expect(service.output()).not.toContain('PRIVATE KEY')
    // By a symbolic link, as certbot and Kubernetes do, and at once.
    symlinkSync(other.key, live.key)
    process.kill(service.pid, 'SIGHUP')
    await until(async () => (await shownName()) === 'other')
  })
})

function statusBy(ca: Buffer): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: service.port, path: '/health', ca, agent: false }
    request({ ...options, servername: 'app.example' }, (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    })
      .on('error', reject)
      .end()
  })
}
