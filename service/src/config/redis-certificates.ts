import type { RedisConfig } from './config.js'
import type { Context } from './context.js'
import { readCertificates, readPrivateKey } from './pem.js'
import { Secret } from './secret.js'

/** Whom a Redis must be certified by, as PEM text. */
export function readAuthority({ values, findings, files }: Context): string | undefined {
  const path = values.REDIS_CA_FILE
  if (path === undefined) return undefined
  const reading = readCertificates(path, files)
  if ('text' in reading) return reading.text
  findings.refuse('CONFIG_CA', `REDIS_CA_FILE ${path} ${reading.problem}.`)
  return undefined
}

/** What we show a Redis that asks who calls. */
export function readIdentity(context: Context, isTls: boolean): RedisConfig['identity'] {
  const { REDIS_CERT_FILE: certificateFile, REDIS_KEY_FILE: keyFile } = context.values
  if (certificateFile === undefined && keyFile === undefined) return undefined
  const pair = readPair(context, certificateFile, keyFile)
  if (typeof pair !== 'string' && isTls) return pair
  const useless = 'REDIS_CERT_FILE counts with TLS alone. Use rediss:// or REDIS_SSL=true.'
  context.findings.refuse('CONFIG_REDIS_TLS', typeof pair === 'string' ? pair : useless)
  return undefined
}

/** The pair, or what is wrong with it. */
function readPair(
  { files }: Context,
  certificateFile: string | undefined,
  keyFile: string | undefined,
): NonNullable<RedisConfig['identity']> | string {
  if (certificateFile === undefined || keyFile === undefined) {
    return 'REDIS_CERT_FILE and REDIS_KEY_FILE are set together or not at all.'
  }
  const certificate = readCertificates(certificateFile, files)
  if ('problem' in certificate) return `REDIS_CERT_FILE ${certificateFile} ${certificate.problem}.`
  const key = readPrivateKey(keyFile, certificate.text, files)
  if ('problem' in key) return `REDIS_KEY_FILE ${keyFile} ${key.problem}.`
  return { certificate: certificate.text, key: new Secret(key.text) }
}
