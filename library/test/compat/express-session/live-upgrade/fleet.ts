/** Nodes in processes of their own, and what a browser sends to them. */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request as httpRequest } from 'node:http'
import { fileURLToPath } from 'node:url'
import { joinProgram, type JoinedProgram } from '../../../support/javascript.js'
import type { NodePlan, NodeStats, Seen } from './plan.js'

/** Builds the program of a node, with all of the library. */
export function buildProgram(): Promise<JoinedProgram> {
  return joinProgram(fileURLToPath(new URL('node-program.ts', import.meta.url)))
}

export interface Answer {
  readonly status: number
  readonly cookies: readonly string[]
  readonly seen: Seen
}

export type Query = Readonly<Record<string, string>>

/** One node. Counters of its process are kept when it ends. */
export class FleetNode {
  readonly plan: NodePlan
  readonly #program: JoinedProgram
  #agent = new Agent({ keepAlive: true, maxSockets: 64 })
  #child: ChildProcess | undefined
  #port = 0
  readonly #past: NodeStats[] = []
  readonly #held = new Map<string, () => void>()

  constructor(program: JoinedProgram, plan: NodePlan) {
    this.#program = program
    this.plan = plan
  }

  get isNew(): boolean {
    return this.plan.role === 'new'
  }

  get isUp(): boolean {
    return this.#child !== undefined
  }

  /** Again on the same port, where it ran before. */
  async start(): Promise<this> {
    const args = [JSON.stringify(this.plan), String(this.#port)]
    const child = fork(this.#program.file, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    child.on('message', (message: { held?: string }) => {
      this.#held.get(message.held ?? '')?.()
    })
    const [{ port }] = (await once(child, 'message')) as [{ port: number }]
    this.#port = port
    this.#child = child
    return this
  }

  /** Resolves when the request that holds `token` has read its session. */
  holds(token: string): Promise<void> {
    return new Promise((resolve) => this.#held.set(token, resolve))
  }

  /** Lets it write. */
  release(token: string): void {
    this.#held.delete(token)
    this.#child?.send({ release: token })
  }

  /** SIGKILL: what is under way is gone. */
  async kill(): Promise<void> {
    if (this.#child === undefined) return
    this.#past.push(await this.#ask())
    const child = this.#child
    this.#child = undefined
    child.kill('SIGKILL')
    await once(child, 'exit')
    this.#agent.destroy()
    this.#agent = new Agent({ keepAlive: true, maxSockets: 64 })
  }

  async stats(): Promise<NodeStats> {
    const all = [...this.#past, ...(this.#child === undefined ? [] : [await this.#ask()])]
    return all.reduce(add)
  }

  async #ask(): Promise<NodeStats> {
    const child = this.#child as ChildProcess
    return new Promise((resolve) => {
      const listen = ({ stats }: { stats?: NodeStats }): void => {
        if (stats === undefined) return
        child.off('message', listen)
        resolve(stats)
      }
      child.on('message', listen).send({})
    })
  }

  send(query: Query, cookie: string | undefined): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const request = httpRequest({
        agent: this.#agent,
        host: '127.0.0.1',
        port: this.#port,
        path: `/?${new URLSearchParams(query).toString()}`,
        headers: cookie === undefined ? {} : { cookie: `connect.sid=${cookie}` },
      })
      request.on('error', reject)
      request.on('response', (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (text += chunk))
        response.on('error', reject)
        response.on('end', () => {
          const cookies = response.headers['set-cookie'] ?? []
          resolve({ status: response.statusCode ?? 0, cookies, seen: JSON.parse(text) as Seen })
        })
      })
      request.end()
    })
  }
}

export function add(left: NodeStats, right: NodeStats): NodeStats {
  const names = Object.keys(left) as (keyof NodeStats)[]
  return Object.fromEntries(names.map((name) => [name, left[name] + right[name]])) as never
}

export async function totalOf(nodes: readonly FleetNode[]): Promise<NodeStats> {
  return (await Promise.all(nodes.map((node) => node.stats()))).reduce(add)
}
