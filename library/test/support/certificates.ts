import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A certificate authority of the test, with what it certified. All are paths of PEM files. */
export interface Certificates {
  readonly folder: string
  readonly authority: string
  /** Another one that knows nothing of ours. */
  readonly foreignAuthority: string
  /** The private key of all the certificates below. */
  readonly key: string
  /** For `localhost` and 127.0.0.1. */
  readonly good: string
  readonly expired: string
  /** For another host. */
  readonly otherHost: string
  /** Of somebody who calls, for servers that ask who does. */
  readonly client: string
  remove(): void
}

const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

/** Makes them with the `openssl` of the machine. */
export function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-certificates-'))
  const at = (name: string): string => join(folder, name)
  const openssl = (...words: string[]): void => {
    execFileSync('openssl', words, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  }
  for (const name of ['authority', 'foreign']) {
    const out = ['-keyout', `${name}.key`, '-out', `${name}.pem`]
    openssl('req', '-x509', ...EC, ...out, '-subj', `/CN=${name}`, '-days', '30')
  }
  openssl('req', ...EC, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=localhost')
  writeFileSync(at('names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1')
  writeFileSync(at('other'), 'subjectAltName=DNS:elsewhere.example')
  const by = ['-CA', 'authority.pem', '-CAkey', 'authority.key', '-CAcreateserial']
  for (const [name, days, names] of [
    ['good', '30', 'names'],
    ['expired', '-1', 'names'],
    ['otherHost', '30', 'other'],
    ['client', '30', 'names'],
  ] as const) {
    const what = ['-in', 'server.csr', '-extfile', names, '-days', days, '-out', `${name}.pem`]
    openssl('x509', '-req', ...what, ...by)
  }
  return {
    folder,
    authority: at('authority.pem'),
    foreignAuthority: at('foreign.pem'),
    key: at('server.key'),
    good: at('good.pem'),
    expired: at('expired.pem'),
    otherHost: at('otherHost.pem'),
    client: at('client.pem'),
    remove: () => {
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
