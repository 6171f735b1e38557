import type { ServerConfig } from './config.js'
import type { Context } from './context.js'
import { readCertificates, readPrivateKey } from './pem.js'
import { Secret } from './secret.js'
import { isSet } from './values.js'

/** Where the service listens, and how people reach it. */
export function buildServer(context: Context): ServerConfig {
  const { values, isProduction } = context
  const https = readHttps(context)
  const scheme = https === undefined ? 'http' : 'https'
  const publicUrl = values.PUBLIC_URL ?? `${scheme}://localhost:${String(values.PORT)}`
  if (isProduction) requireHttps(context)
  return {
    port: values.PORT,
    host: values.HOST ?? (isProduction ? undefined : '127.0.0.1'),
    publicUrl,
    isSecure: publicUrl.startsWith('https:'),
    https,
    trustProxy: values.TRUST_PROXY,
    corsOrigins: values.CORS_ORIGIN ?? [],
    allowedHosts: values.ALLOWED_HOSTS,
    isPreloaded: values.HSTS_PRELOAD,
    reportTo: values.CSP_REPORT_URI,
  }
}

/** In production somebody must end TLS, and everybody must know the address. */
function requireHttps({ values, environment, findings }: Context): void {
  const isEnded = isSet('HTTPS_CERT_FILE', environment) || isSet('TRUST_PROXY', environment)
  if (!isEnded) {
    findings.refuse(
      'CONFIG_HTTPS',
      'Production needs https: set HTTPS_CERT_FILE and HTTPS_KEY_FILE, or TRUST_PROXY where a proxy ends TLS.',
    )
  }
  const url = values.PUBLIC_URL
  if (url === undefined && !isSet('PUBLIC_URL', environment)) {
    const what = 'PUBLIC_URL is not set. Production needs the address people see, such as'
    findings.refuse('CONFIG_PUBLIC_URL', `${what} https://app.example.`)
  } else if (url?.startsWith('http:') === true) {
    const what = `PUBLIC_URL=${url} is plain http, over which no session cookie is sent.`
    findings.refuse('CONFIG_PUBLIC_URL', `${what} Production needs https://.`)
  }
}

function readHttps({ values, findings, files }: Context): ServerConfig['https'] {
  const { HTTPS_CERT_FILE: certificateFile, HTTPS_KEY_FILE: keyFile } = values
  if (certificateFile === undefined && keyFile === undefined) return undefined
  if (certificateFile === undefined || keyFile === undefined) {
    findings.refuse(
      'CONFIG_HTTPS',
      'HTTPS_CERT_FILE and HTTPS_KEY_FILE are set together or not at all.',
    )
    return undefined
  }
  const certificate = readCertificates(certificateFile, files)
  if ('problem' in certificate) {
    findings.refuse('CONFIG_HTTPS', `HTTPS_CERT_FILE ${certificateFile} ${certificate.problem}.`)
    return undefined
  }
  const key = readPrivateKey(keyFile, certificate.text, files)
  if ('problem' in key) {
    findings.refuse('CONFIG_HTTPS', `HTTPS_KEY_FILE ${keyFile} ${key.problem}.`)
    return undefined
  }
  return { certificate: certificate.text, key: new Secret(key.text), certificateFile, keyFile }
}
