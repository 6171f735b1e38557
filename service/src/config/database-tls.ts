import { isLoopback } from './address-readers.js'
import type { Secret } from './secret.js'

/** Whether a PostgreSQL address leads to another machine without asking for TLS. */
export function isRemotePlain(address: Secret): boolean {
  const url = new URL(address.reveal())
  const mode = url.searchParams.get('sslmode') ?? 'disable'
  const isSocket = url.hostname === '' || (url.searchParams.get('host') ?? '').startsWith('/')
  return !isSocket && !isLoopback(url.hostname) && ['disable', 'allow', 'prefer'].includes(mode)
}
