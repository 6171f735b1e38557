import { randomBytes } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../support/redis-server.js'
import { startService, type Service } from '../../../../service/test/support/service.js'
import { exceptionFor, STAYS } from './exceptions.js'
import type { Block } from './pages.js'
import { makeCheckout, makeCommands, runShell, type Said, type ShellPlace } from './shell.js'

/** What commands of the documents find: a checkout, a service that runs, somebody who is signed in. */
export interface Stage {
  readonly folder: string
  readonly service: Service
  /** Runs a block of shell: with the addresses and ids of the stage, without the lines that are not run. */
  run(block: Block, port?: number): Promise<Said & { readonly lines: readonly string[] }>
  close(): Promise<void>
}

/** Starts the service as the documents say, on files in a folder that looks like a checkout. */
export async function openStage(root: string, redis: string): Promise<Stage> {
  const folder = join(root, 'checkout')
  makeCheckout(folder)
  const bin = join(root, 'bin')
  makeCommands(bin, join(root, 'desk'))
  const port = await freePort()
  const environment = {
    NODE_ENV: 'test',
    PORT: String(port),
    PUBLIC_URL: `http://localhost:${String(port)}`,
    RATE_LIMIT: '100000',
  }
  const service = await startService(environment, { dataDir: join(folder, 'data') })
  const ports = [await freePort(), await freePort(), await freePort()]
  const places = { service, redis, ports }
  const hostFor = (port: number | undefined): string =>
    port === undefined ? new URL(service.url).host : `localhost:${String(port)}`
  const started = new Map<string, string[]>()
  let known: Promise<Person> | undefined
  const someone = async (code: string): Promise<Person> => {
    const person = (known ??= newPerson(service, folder))
    // Whoever was signed out or erased is of no use to the next block.
    if (/\b(?:end|erase)\b/.test(code)) known = undefined
    return person
  }
  return {
    folder,
    service,
    async run(block, port) {
      const lines = linesOf(block.code).filter((line) => exceptionFor(line) === undefined)
      const isExample = block.page.startsWith('examples/')
      const variables = {
        ...{ PATH: `${bin}:${process.env['PATH'] ?? ''}`, DATA_DIR: join(folder, 'data') },
        ...environment,
        ...(isExample ? { ...secretsOf(), PORT: String(ports[2]) } : {}),
        ...(isExample || /REDIS_URL|legacy/.test(block.code) ? { REDIS_URL: redis } : {}),
      }
      const place = { folder, environment: variables }
      const names = {
        ...(PERSON.test(block.code) ? await someone(block.code) : {}),
        ...(/keys (?:activate|retire)/.test(block.code) ? { key: await newKey(place) } : {}),
      }
      for (const left of ['deploy/.env', 'jar', 'copy', 'my-app']) {
        rmSync(join(folder, left), { force: true, recursive: true })
      }
      // What a block starts for the next one of its page is started there.
      const before = started.get(block.page) ?? []
      const later = lines.filter((line) => STAYS[line] === 'later')
      started.set(block.page, [...before, ...later])
      const script = [...before, ...lines.filter((line) => !later.includes(line))].map((line) =>
        inPlace(line, {
          ...places,
          ...names,
          host: hostFor(port ?? (isExample ? ports[2] : undefined)),
        }),
      )
      return { ...(await runShell(script.join('\n'), place)), lines }
    },
    async close() {
      await service[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The lines of a script: comments away, lines that go on joined. */
export function linesOf(code: string): readonly string[] {
  return code
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.replace(/(?:^|\s+)# .*$|^#.*$/, '').trim())
    .filter((line) => line !== '')
}

interface Person {
  readonly subject: string
  readonly session: string
}

interface InPlace {
  readonly service: Service
  readonly redis: string
  readonly ports: readonly number[]
  readonly host: string
  readonly subject?: string
  readonly session?: string
  readonly key?: string
}

const PERSON = /0123456789abcdefghijkl|<id>|cookie\.txt|token\.txt/

/** Whether a line starts a server, which then runs beside the rest. */
const isServer = (line: string): boolean => line in STAYS || line.endsWith(' &')

/** A line with the addresses and ids of this stage in place of those that the documents make up. */
function inPlace(line: string, place: InPlace): string {
  const { service, redis, ports, host, subject = '', session = '', key = '' } = place
  const [first = 0, second = 0, third = 0] = ports
  const text = line
    .replaceAll('localhost:3000', host)
    .replaceAll('redis://127.0.0.1:6379', redis)
    .replaceAll('redis-cli --', `redis-cli -u ${redis} --`)
    .replaceAll('3001', String(first))
    .replaceAll('3002', String(second))
    .replaceAll('Ab.0123456789abcdefghijkl', session)
    .replaceAll(/0123456789abcdefghijkl|<id>/g, subject)
    .replaceAll(/(\bkeys \w+ )(?:0123456789abcdef|KID)/g, `$1${key}`)
    .replace('--duration 10s', '--duration 200ms --warm-up 0s --users 1 --accounts 1')
  if (isServer(line)) {
    const port = /PORT=(\d+)/.exec(text)?.[1] ?? String(third)
    return `${text.replace(/ &$/, '')} &\n${waitFor(port)}`
  }
  // Whatever these find here, they have to find it out.
  if (!/\b(?:doctor|load)\b/.test(text)) return text
  return `${text.replaceAll(/https:\/\/(?:app|api)\.example/g, service.url)} || [ $? = 1 ]`
}

/** Goes on when the server that was just started answers, and fails when it ends before. */
const waitFor = (port: string): string =>
  `until curl -qs -o /dev/null localhost:${port}; do kill -0 $!; sleep 0.1; done`

const secretsOf = (): Record<string, string> =>
  Object.fromEntries(
    ['JWT_SECRET', 'REFRESH_SECRET', 'SESSION_SECRET'].map((name) => [
      name,
      randomBytes(32).toString('base64'),
    ]),
  )

/** Somebody new, signed in; what they present is in two files. */
async function newPerson({ url }: Service, folder: string): Promise<Person> {
  const username = `p${randomBytes(6).toString('hex')}`
  const answer = await fetch(`${url}/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, password: 'correct horse' }),
  })
  const said = (await answer.json()) as { tokens: { accessToken: string } }
  const { accessToken } = said.tokens
  const cookies = answer.headers.getSetCookie().map((cookie) => cookie.split(';')[0] ?? '')
  writeFileSync(join(folder, 'cookie.txt'), cookies.find((one) => one.includes('sid')) ?? '')
  writeFileSync(join(folder, 'token.txt'), accessToken)
  const payload = Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()
  const { sub, sid } = JSON.parse(payload) as { sub: string; sid: string }
  return { subject: sub, session: sid }
}

/** A key that does not sign yet. */
async function newKey(place: ShellPlace): Promise<string> {
  const { out } = await runShell('sojourn keys generate --json', place)
  return /"(?:kid|key|id)":\s*"([\w-]{16})"/.exec(out)?.[1] ?? `no key in ${out}`
}
