/** One of several processes with a limited application, on the built library: `node limits-process.mjs <redis url> <quota>`. */
import express from 'express'
import { createClient } from 'redis'
import { createSojourn } from 'sojourn'
import { createExpressAdapter } from 'sojourn/express'
import { createRedisStore } from 'sojourn/redis'

const [url = '', quota] = process.argv.slice(2)
const client = await createClient({ url, disableOfflineQueue: true }).connect()
const sojourn = createSojourn({
  secrets: 'the one secret they share: pZ7q-Xw2v',
  store: createRedisStore({ client }),
  // A busy machine must not look like a Redis that is away: this is about counting.
  resilience: { commandDeadline: '20s' },
})
const web = createExpressAdapter(sojourn)
const app = express()
app.use(web.limit({ name: 'shared', quota: Number(quota), window: '1h' }))
app.use((_request, response) => {
  response.json({})
})
const server = app.listen(0, '127.0.0.1', () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  console.log(`listening on ${String(port)}`)
})
// It ends with who started it.
process.stdin.on('end', () => process.exit(0)).resume()
