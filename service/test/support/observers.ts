import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Environment } from './service.js'
import type { Holder } from './token-desk.js'

/** When a credential was last accepted, on the clock of {@link sharedNow}; 0: never. */
export interface LastSeen {
  readonly cookie: number
  readonly bearer: number
}

/** A process that watches credentials, and ends sessions: see observer.mjs. */
export interface Observer {
  /** Resolves when it accepts both credentials, with what it will have seen of them until it refuses both. */
  watch(holder: Holder, within: number): Promise<{ readonly seen: Promise<LastSeen> }>
  /** Ends a session; answers when that was done. */
  revoke(sessionId: string): Promise<number>
  stop(): void
}

interface Message {
  readonly kind: 'ready' | 'watching' | 'seen' | 'revoked'
  readonly seen?: LastSeen
  readonly isDone?: boolean
  readonly at?: number
}

/** Milliseconds of a clock that all processes of this machine share. */
export const sharedNow = (): number => Number(process.hrtime.bigint()) / 1e6

const SCRIPT = fileURLToPath(new URL('observer.mjs', import.meta.url))

/** Starts one with the variables of a service. The service must have been built. */
export async function startObserver(environment: Environment): Promise<Observer> {
  const child = spawn(process.execPath, [SCRIPT], {
    env: { PATH: process.env['PATH'], NODE_ENV: 'test', ...environment },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  await next(child, 'ready')
  return {
    async watch({ cookie, accessToken }, within) {
      const watching = next(child, 'watching')
      const seen = next(child, 'seen').then((message) => message.seen ?? { cookie: 0, bearer: 0 })
      child.send({ kind: 'watch', cookie, bearer: accessToken, within })
      await Promise.race([watching, seen])
      return { seen }
    },
    async revoke(sessionId) {
      const revoked = next(child, 'revoked')
      child.send({ kind: 'revoke', sessionId })
      const { isDone, at = 0 } = await revoked
      if (isDone !== true) throw new Error('there was nothing to revoke')
      return at
    },
    stop() {
      child.kill('SIGKILL')
    },
  }
}

function next(child: ChildProcess, kind: Message['kind']): Promise<Message> {
  return new Promise((resolve, reject) => {
    const hear = (message: Message): void => {
      if (message.kind !== kind) return
      child.off('message', hear)
      child.off('exit', fail)
      resolve(message)
    }
    const fail = (): void => {
      reject(new Error('the observer ended'))
    }
    child.on('message', hear)
    child.once('exit', fail)
  })
}
