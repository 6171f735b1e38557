/**
 * TLS as the service itself speaks it: what is offered, how a renewed certificate gets in without a restart, and
 * what is told of connections that never became one.
 */
import { constants, X509Certificate } from 'node:crypto'
import { stat } from 'node:fs/promises'
import type { Server } from 'node:https'
import type { SecureContextOptions, TLSSocket } from 'node:tls'
import type { ServerConfig } from './config/config.js'
import { hostFiles } from './config/load.js'
import { readCertificates, readPrivateKey } from './config/pem.js'
import type { Logger } from './log/index.js'

type HttpsConfig = NonNullable<ServerConfig['https']>

/** Of TLS 1.2 only what has forward secrecy and authenticates what it encrypts; TLS 1.3 has nothing else. */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':')

/** Milliseconds for a handshake: who is slower holds a socket for nothing. */
export const HANDSHAKE_WITHIN = 10_000

/** What a TLS server is made with. */
export function tlsOptions(certificate: string, key: string): SecureContextOptions {
  return {
    cert: certificate,
    key,
    minVersion: 'TLSv1.2',
    ciphers: CIPHERS,
    ecdhCurve: 'X25519:P-256:P-384',
    // All of them are good; scanners want to see that somebody decided.
    honorCipherOrder: true,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_COMPRESSION,
  }
}

/** The files are looked at this often. */
const LOOK_EVERY = 2_000

/**
 * Takes a new certificate and key into use as soon as both are there and belong together; connections that are
 * open keep the old one. Anything else keeps the old one for all, and is told once. SIGHUP looks at once.
 */
export function reloadOnChange(server: Server, https: HttpsConfig, log: Logger): void {
  const watch = new CertificateWatch(server, https, log)
  const timer = setInterval(() => {
    void watch.look(false)
  }, LOOK_EVERY)
  timer.unref()
  const atOnce = (): void => {
    void watch.look(true)
  }
  process.on('SIGHUP', atOnce)
  server.once('close', () => {
    clearInterval(timer)
    process.off('SIGHUP', atOnce)
  })
}

class CertificateWatch {
  readonly #server: Server
  readonly #https: HttpsConfig
  readonly #log: Logger
  #inUse: string
  /** The state of the files when they were last dealt with. */
  #seen = ''
  /** Their state when they did not fit each other, which nobody has been told yet. */
  #doubted = ''

  constructor(server: Server, https: HttpsConfig, log: Logger) {
    this.#server = server
    this.#https = https
    this.#log = log
    this.#inUse = https.certificate + https.key.reveal()
  }

  /** @param isAsked - somebody wants to know now: a problem is told at once. */
  async look(isAsked: boolean): Promise<void> {
    const state = await stateOf([this.#https.certificateFile, this.#https.keyFile])
    if (state === this.#seen && !isAsked) return
    const problem = this.#load()
    if (problem === undefined) {
      this.#seen = state
      return
    }
    // Two files are never written at one moment: what does not fit gets until the next look.
    const isTold = isAsked || state === this.#doubted
    this.#doubted = state
    if (!isTold) return
    this.#seen = state
    this.#log.error(
      { event: 'tls.reload_failed', problem },
      'The new certificate cannot be used; the old one stays',
    )
  }

  /** Why the files cannot be used; `undefined` where they are in use now. */
  #load(): string | undefined {
    const { certificateFile, keyFile } = this.#https
    const certificate = readCertificates(certificateFile, hostFiles)
    if ('problem' in certificate) return `HTTPS_CERT_FILE ${certificate.problem}`
    const key = readPrivateKey(keyFile, certificate.text, hostFiles)
    if ('problem' in key) return `HTTPS_KEY_FILE ${key.problem}`
    const both = certificate.text + key.text
    if (both === this.#inUse) return undefined
    try {
      this.#server.setSecureContext(tlsOptions(certificate.text, key.text))
    } catch (error) {
      return `OpenSSL refuses it: ${codeOf(error)}`
    }
    this.#inUse = both
    const { validTo, fingerprint256 } = new X509Certificate(certificate.text)
    this.#log.info(
      { event: 'tls.reloaded', validTo, fingerprint: fingerprint256 },
      'New certificate',
    )
    return undefined
  }
}

/** Changes when one of the files is written, or replaced by another (also behind a symbolic link). */
async function stateOf(files: readonly string[]): Promise<string> {
  const states = files.map((file) =>
    stat(file).then(
      ({ ino, mtimeMs, size }) => `${String(ino)} ${String(mtimeMs)} ${String(size)}`,
      (error: unknown) => codeOf(error),
    ),
  )
  return (await Promise.all(states)).join(', ')
}

/** At most so many lines in a minute: anybody can make handshakes fail. */
const MOST_LINES = 10
const MINUTE = 60_000

/** Tells the log of handshakes that failed (ASVS 16.3.4), and at the end of the minute how many more there were. */
export function logTlsFailures(server: Server, log: Logger): void {
  let count = 0
  const endMinute = (): void => {
    const untold = count - MOST_LINES
    count = 0
    if (untold > 0) log.warn({ event: 'tls.failed', untold }, 'More TLS handshakes failed')
  }
  server.on('tlsClientError', (error: Error, socket: TLSSocket) => {
    if (count === 0) setTimeout(endMinute, MINUTE).unref()
    count += 1
    if (count > MOST_LINES) return
    const address = socket.remoteAddress
    log.warn({ event: 'tls.failed', code: codeOf(error), address }, 'A TLS handshake failed')
  })
}

/** OpenSSL's words are for machines; its messages name places in its source. */
function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown fault'
}
