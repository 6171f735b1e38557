import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage, type Server } from 'node:http'
import { createServer as createTlsServer, get as tlsGet } from 'node:https'
import type { AddressInfo } from 'node:net'
import express5 from 'express'
import express4 from 'express4'
import { afterEach, describe, expect, it } from 'vitest'
import { createExpressServer, expressClasses } from '../../src/adapter/express.js'
import { createExpressAdapter } from '../../src/adapter/express.js'
import { createSojourn } from '../../src/sojourn.js'
import { createMemoryStore } from '../../src/store/memory.js'
import { makeAuthority } from '../support/certificates.js'
import { SECRET } from '../support/sojourn.js'
import { WebClient } from '../support/web.js'

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

async function open<Given extends Server>(server: Given): Promise<number> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

/** Counts how often a prototype is really changed while `run` runs. */
async function changedPrototypes(run: () => Promise<unknown>): Promise<number> {
  const { setPrototypeOf } = Object
  let count = 0
  Object.setPrototypeOf = (object, prototype) => {
    if (Object.getPrototypeOf(object) !== prototype) count += 1
    return setPrototypeOf(object, prototype)
  }
  await run().finally(() => {
    Object.setPrototypeOf = setPrototypeOf
  })
  return count
}
