import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

/** How a process is to run. */
export interface Orders {
  readonly topology: 'single' | 'cluster' | 'sqlite'
  /** Of Redis; `single`: to write to, and to listen on. */
  readonly ports?: readonly number[]
  readonly file?: string
  /** Without a near cache. */
  readonly isStrict: boolean
}

/** What the body of a request may name. */
export interface Work {
  readonly subject: string
  readonly session: string
  readonly except?: string
  readonly key: string
  readonly value: string
  /** Milliseconds for which the handler is busy with something else. */
  readonly slow?: number
}

/** What a handler does beside its session: it asks a database, say. */
export async function work(milliseconds = 0): Promise<void> {
  if (milliseconds > 0) await new Promise((resolve) => setTimeout(resolve, milliseconds))
}

/** Listens on a free port, says which, and lives as long as who started it. */
export async function listen(handler: RequestListener): Promise<void> {
  const server = createServer({ keepAliveTimeout: 60_000 }, handler)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  process.stdout.write(`${String((server.address() as AddressInfo).port)}\n`)
  process.stdin
    .on('end', () => process.exit(0))
    .on('error', () => process.exit(0))
    .resume()
}
