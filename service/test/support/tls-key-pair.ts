import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** A key and a certificate for it, in files. */
export interface KeyPair {
  readonly key: string
  readonly certificate: string
}

/** Makes a self-signed certificate for `app.example` in `folder`. */
export function makeKeyPair(folder: string, name: string): KeyPair {
  const [key, certificate] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)]
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
      ...['-days', '2', '-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:app.example'],
      ...['-keyout', key, '-out', certificate],
    ],
    { stdio: 'ignore' },
  )
  return { key, certificate }
}
