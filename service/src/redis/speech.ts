/** Finds out whether a Redis speaks TLS, without telling it anything: no login and no command with a secret is sent. */
import { connect as connectPlainly, type Socket } from 'node:net'
import { connect as connectByTls } from 'node:tls'
import type { RedisConfig } from '../config/config.js'
import type { RedisNode } from '../config/redis-readers.js'
import { StoreRefused } from '../store-refused.js'

/** Start-up may take five seconds in all. Milliseconds. */
const ASK_WITHIN = 1_500
/** What a fault looks like where one side speaks TLS and the other does not; a Redis that is just starting looks the same. */
const UNCLEAR = /ECONNRESET|EPIPE|closed unexpectedly|timeout/i

/** The refusal, where a fault of the connection comes from speaking TLS to who does not, or not to who does. */
export async function toSpeechRefusal(
  redis: RedisConfig,
  fault: Error,
): Promise<StoreRefused | undefined> {
  const [node] = redis.nodes
  // Sentinels have settings of their own for it.
  if (node === undefined || redis.topology === 'sentinel' || !UNCLEAR.test(fault.message)) {
    return undefined
  }
  const where = `${node.host}:${String(node.port)}`
  if (redis.isTls && (await speaksPlainly(node))) {
    const words = `Redis at ${where} answers without TLS, and is asked for TLS. Give its TLS port, or redis:// in REDIS_URL.`
    return new StoreRefused('STORE_TLS', words, { cause: fault })
  }
  if (!redis.isTls && (await speaksTls(node))) {
    const words = `Redis at ${where} speaks TLS, and is not asked to. Use rediss:// in REDIS_URL, or REDIS_SSL=true.`
    return new StoreRefused('STORE_TLS', words, { cause: fault })
  }
  return undefined
}

/** Whether it answers a PING, with whatever: who asks for a password says so. */
async function speaksPlainly({ host, port }: RedisNode): Promise<boolean> {
  const socket = connectPlainly({ host, port }, () => socket.write('PING\r\n'))
  return heard(socket, (hear) =>
    socket.once('data', (reply: Buffer) => {
      hear(/^[-+]/.test(reply.toString('latin1')))
    }),
  )
}

/** Whether a handshake is answered. With whose certificate is not looked at: nothing is sent over it. */
async function speaksTls({ host, port }: RedisNode): Promise<boolean> {
  const socket = connectByTls({ host, port, rejectUnauthorized: false })
  return heard(socket, (hear) =>
    socket.once('secureConnect', () => {
      hear(true)
    }),
  )
}

async function heard(
  socket: Socket,
  listen: (hear: (is: boolean) => void) => void,
): Promise<boolean> {
  return new Promise<boolean>((resolve) => {
    const end = (is: boolean): void => {
      resolve(is)
      socket.destroy()
    }
    socket.setTimeout(ASK_WITHIN, () => {
      end(false)
    })
    socket.on('error', () => {
      end(false)
    })
    socket.once('close', () => {
      resolve(false)
    })
    listen(end)
  })
}
