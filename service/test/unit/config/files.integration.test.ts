import { execFile, execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { transpile } from '../../support/transpile.js'
import { development, load, newFolder, production, refusal, refusals } from './support.js'

const run = promisify(execFile)

/** A self-signed certificate and its key, as files. */
function makeCertificate(): { readonly certificate: string; readonly key: string } {
  const folder = newFolder()
  const [certificate, key] = [join(folder, 'tls.crt'), join(folder, 'tls.key')]
  const subject = ['-subj', '/CN=localhost', '-days', '30']
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const files = ['-keyout', key, '-out', certificate]
  execFileSync('openssl', ['req', '-x509', ...curve, ...files, ...subject], { stdio: 'ignore' })
  return { certificate, key }
}

const inYears = (years: number) => () => Date.now() + years * 31_536_000_000

describe('secrets', () => {
  it('env-01: the command in the message makes a secret that is accepted', () => {
    const message = refusal(production({ SESSION_SECRET: undefined }))?.message ?? ''
    const command = /Create one: (node .*)$/.exec(message)?.[1] ?? ''
    const made = execFileSync('sh', ['-c', command], { encoding: 'utf8' }).trim()
    expect(refusals(production({ SESSION_SECRET: made }))).toEqual([])
  })

  it('are the same for eight processes that start at once in an empty folder', async () => {
    const folder = transpile()
    const start = join(folder, 'start.mjs')
    writeFileSync(
      start,
      `import { loadConfig } from './service/src/config/load.js'
       const { secrets } = loadConfig({ NODE_ENV: 'development', DATA_DIR: process.argv[2] })
       console.log(secrets.session[0].reveal(), secrets.development.isNew)`,
    )
    const data = join(newFolder(), 'data')
    const starts = Array.from({ length: 8 }, () => run(process.execPath, [start, data]))
    const found = (await Promise.all(starts)).map(({ stdout }) => stdout.trim().split(' '))
    expect(new Set(found.map(([secret]) => secret)).size).toBe(1)
    expect(found.filter(([, isNew]) => isNew === 'true')).toHaveLength(1)
  })
})

describe('certificates', () => {
  it('env-16: a CA file that is missing, unreadable, not PEM or expired is refused', () => {
    const use = (path: string) => production({ REDIS_URL: 'rediss://host', REDIS_CA_FILE: path })
    expect(refusal(use('/x/ca.pem'))).toEqual({
      code: 'CONFIG_CA',
      message: 'REDIS_CA_FILE /x/ca.pem cannot be read: ENOENT.',
    })
    const folder = newFolder()
    expect(refusal(use(folder))?.message).toBe(`REDIS_CA_FILE ${folder} cannot be read: EISDIR.`)
    const nonsense = join(folder, 'ca.pem')
    const armour = (text: string) =>
      `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`
    for (const text of ['', 'nonsense', armour('bm9uc2Vuc2U=')]) {
      writeFileSync(nonsense, text)
      expect(refusal(use(nonsense))?.code).toBe('CONFIG_CA')
    }
    const { certificate } = makeCertificate()
    const expired = refusal(use(certificate), { now: inYears(1) })
    expect(expired?.code).toBe('CONFIG_CA')
    expect(expired?.message).toContain('holds a certificate that expired on')
    expect(load(use(certificate)).redis?.ca).toBe(readFileSync(certificate, 'utf8'))
  })
})

describe('the certificate that is shown to Redis', () => {
  const url = { REDIS_URL: 'rediss://host' }

  it('is read with its key, which is never shown', () => {
    const { certificate, key } = makeCertificate()
    const config = load(development({ ...url, REDIS_CERT_FILE: certificate, REDIS_KEY_FILE: key }))
    expect(config.redis?.identity?.certificate).toContain('BEGIN CERTIFICATE')
    expect(config.redis?.identity?.key.reveal()).toContain('BEGIN PRIVATE KEY')
    expect(JSON.stringify(config)).not.toContain('PRIVATE KEY')
  })

  it('is refused alone, damaged, out of time, with the key of another, and where nothing is encrypted', () => {
    const [mine, other] = [makeCertificate(), makeCertificate()]
    const pair = { REDIS_CERT_FILE: mine.certificate, REDIS_KEY_FILE: mine.key }
    const together = 'REDIS_CERT_FILE and REDIS_KEY_FILE are set together or not at all.'
    const wrong = [
      [{ ...url, REDIS_CERT_FILE: mine.certificate }, together],
      [{ ...url, REDIS_KEY_FILE: mine.key }, together],
      [{ ...url, ...pair, REDIS_KEY_FILE: other.key }, 'does not belong to the certificate.'],
      [
        { ...url, ...pair, REDIS_KEY_FILE: '/x/key' },
        'REDIS_KEY_FILE /x/key cannot be read: ENOENT.',
      ],
      [{ ...url, ...pair, REDIS_CERT_FILE: mine.key }, 'holds no certificate in PEM.'],
      [
        { REDIS_URL: 'redis://localhost', ...pair },
        'counts with TLS alone. Use rediss:// or REDIS_SSL=true.',
      ],
    ] as const
    for (const [changes, words] of wrong) {
      const problem = refusal(development(changes))
      expect(problem?.code).toBe('CONFIG_REDIS_TLS')
      expect(problem?.message).toContain(words)
    }
    const late = refusal(development({ ...url, ...pair }), { now: inYears(1) })
    expect(late?.message).toContain('holds a certificate that expired on')
  })
})

describe('https', () => {
  it('reads a certificate with its key', () => {
    const { certificate, key } = makeCertificate()
    const { TRUST_PROXY: _, ...rest } = production()
    const config = load({ ...rest, HTTPS_CERT_FILE: certificate, HTTPS_KEY_FILE: key })
    expect(config.server.https?.certificate).toContain('BEGIN CERTIFICATE')
    expect(config.server.https?.key.reveal()).toContain('BEGIN PRIVATE KEY')
    expect(JSON.stringify(config)).not.toContain('PRIVATE KEY')
    const local = load(development({ HTTPS_CERT_FILE: certificate, HTTPS_KEY_FILE: key }))
    expect(local.server).toMatchObject({ publicUrl: 'https://localhost:3000', isSecure: true })
  })

  it('refuses half a pair, a foreign key and an expired certificate', () => {
    const [one, other] = [makeCertificate(), makeCertificate()]
    const cases = [
      { HTTPS_CERT_FILE: one.certificate },
      { HTTPS_CERT_FILE: one.certificate, HTTPS_KEY_FILE: other.key },
      { HTTPS_CERT_FILE: one.certificate, HTTPS_KEY_FILE: one.certificate },
      { HTTPS_CERT_FILE: one.key, HTTPS_KEY_FILE: one.key },
    ]
    for (const changes of cases) expect(refusal(production(changes))?.code).toBe('CONFIG_HTTPS')
    const pair = { HTTPS_CERT_FILE: one.certificate, HTTPS_KEY_FILE: one.key }
    expect(refusal(production(pair), { now: inYears(1) })?.code).toBe('CONFIG_HTTPS')
  })
})
