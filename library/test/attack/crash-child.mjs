// @ts-nocheck It is joined with all that it imports before it is started.
// Does one thing to sessions in Redis, and is killed by itself at its n-th command: before it is sent, or as soon as it is.
import { createClient } from 'redis'
import { createSojourn } from '../../src/sojourn.js'
import { createRedisStore } from '../../src/store/redis/index.js'

const { port, deed, at, isSent, cookie, refreshToken, secret } = JSON.parse(process.argv[2])

const client = createClient({ url: `redis://127.0.0.1:${port}` })
await client.connect()
// Scripts are known to the server, so that one command is one verb.
let commands = 0
const dying = new Proxy(client, {
  get(target, name) {
    // What node-redis answers here would be sent past this proxy.
    if (name === 'withCommandOptions') return undefined
    const value = Reflect.get(target, name)
    if (name !== 'evalSha') return typeof value === 'function' ? value.bind(target) : value
    return (...args) => {
      commands += 1
      if (commands !== at) return target.evalSha(...args)
      if (!isSent) process.kill(process.pid, 'SIGKILL')
      const sent = target.evalSha(...args)
      // The command has gone to the operating system; what the server says of it, nobody hears.
      setImmediate(() => process.kill(process.pid, 'SIGKILL'))
      return sent
    }
  },
})

const sojourn = createSojourn({
  secrets: secret,
  store: createRedisStore({ client: dying }),
  cache: false,
  limit: { max: 3, whenFull: 'evict-oldest' },
  tokens: { issuer: 'https://app.example', audience: 'https://api.example' },
})
const incoming = {
  method: 'POST',
  target: '/',
  host: 'app.example',
  isSecure: true,
  address: '192.0.2.1',
  userAgent: 'Test/1',
  cookieHeader: cookie,
  forwardedNotice: undefined,
  header: () => undefined,
  isRepeated: () => false,
}
const exchange = sojourn.exchange(incoming)
const DEEDS = {
  signIn: async () => {
    exchange.session.set('cart', ['tea'])
    await exchange.session.signIn('alice')
    await exchange.session.issueTokens()
  },
  rotate: () => sojourn.tokens.refresh(refreshToken),
  renew: () => exchange.session.elevate({ methods: ['pwd'] }),
  signOut: () => exchange.session.signOut(),
  revokeAll: () => sojourn.revokeAll('alice'),
}
await DEEDS[deed]()
await exchange.commit()
await sojourn.settled()
process.stdout.write(String(commands))
process.exit(0)
