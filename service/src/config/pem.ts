import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { ConfigFiles } from './context.js'

/** The text of a file, or why it cannot be had, as the end of a sentence. */
export type Reading = { readonly text: string } | { readonly problem: string }

/** Reads certificates in PEM: every one must be well-formed, and valid at this time. */
export function readCertificates(path: string, files: ConfigFiles): Reading {
  const file = readText(path, files)
  if ('problem' in file) return file
  const blocks = file.text.match(/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g)
  if (blocks === null) return { problem: 'holds no certificate in PEM' }
  for (const block of blocks) {
    const certificate = parseCertificate(block)
    if (certificate === undefined) return { problem: 'holds a damaged certificate' }
    if (Date.parse(certificate.validTo) < files.now()) {
      return { problem: `holds a certificate that expired on ${certificate.validTo}` }
    }
  }
  return file
}

/** Reads a private key in PEM, and holds it against the certificate it is for. */
export function readPrivateKey(path: string, certificate: string, files: ConfigFiles): Reading {
  const file = readText(path, files)
  if ('problem' in file) return file
  try {
    const isPair = new X509Certificate(certificate).checkPrivateKey(createPrivateKey(file.text))
    return isPair ? file : { problem: 'does not belong to the certificate' }
  } catch {
    return { problem: 'holds no private key in PEM' }
  }
}

function readText(path: string, files: ConfigFiles): Reading {
  try {
    return { text: files.read(path) }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown fault'
    return { problem: `cannot be read: ${code}` }
  }
}

function parseCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem)
  } catch {
    return undefined
  }
}
