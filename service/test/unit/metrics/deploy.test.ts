import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { hostFiles, loadConfig } from '../../../src/config/load.js'
import { repositoryFile } from './panels.js'

const compose = readFileSync(repositoryFile('compose.yaml'), 'utf8')
const dockerfile = readFileSync(repositoryFile('Dockerfile'), 'utf8')
const readme = readFileSync(repositoryFile('deploy/README.md'), 'utf8')

const SECRETS = [...(/for name in (.*); do/.exec(readme)?.[1]?.split(' ') ?? [])]

/** Fills in variables as Docker Compose does. Throws where one that is required is not set. */
function interpolate(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(
    /\$\{(\w+)(?::([?-])([^}]*))?\}/g,
    (_all, name: string, kind, rest: string) => {
      const value = variables[name] ?? ''
      if (value !== '') return value
      if (kind === '?') throw new Error(`${name}: ${rest}`)
      return kind === '-' ? rest : ''
    },
  )
}

/** What the container of the service finds in its environment: that of the image, and that of compose.yaml. */
function environmentOfService(variables: Readonly<Record<string, string>>): Record<string, string> {
  const image = /^ENV ((?:.*\\\n)*.*)/m.exec(dockerfile)?.[1] ?? ''
  const fromImage = [...image.matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name, value])
  const block =
    /^ {2}service:\n(?:.*\n)*? {4}environment:\n((?: {6}.*\n)+)/m.exec(compose)?.[1] ?? ''
  const lines = interpolate(block.replace(/^ *#.*\n/gm, ''), variables)
    .trim()
    .split('\n')
  const fromCompose = lines.map((line) => {
    const [, name = '', value = ''] = /^ *(\w+): ?(.*)$/.exec(line) ?? []
    return [name, value.replace(/^'(.*)'$/, '$1')]
  })
  return Object.fromEntries([...fromImage, ...fromCompose]) as Record<string, string>
}

function madeSecrets(): Record<string, string> {
  return Object.fromEntries(SECRETS.map((name) => [name, randomBytes(32).toString('base64url')]))
}

/** The machine's files, but no secrets of its own making. */
const files = {
  ...hostFiles,
  developmentSecrets: () => {
    throw new Error('no secret may be made up')
  },
}

describe('compose.yaml', () => {
  it('gives no secret a default: without any one of them nothing starts', () => {
    const all = { ...madeSecrets(), PUBLIC_URL: 'https://app.example' }
    expect(SECRETS.length).toBe(6)
    expect(() => interpolate(compose, all)).not.toThrow()
    for (const name of [...SECRETS, 'PUBLIC_URL']) {
      expect(() => interpolate(compose, { ...all, [name]: '' })).toThrow(`${name}: `)
    }
    const uses = [...compose.matchAll(/\$\{?(\w*(?:SECRET|TOKEN|PASSWORD)\w*)(:.)?/g)]
    expect(uses.length).toBeGreaterThanOrEqual(SECRETS.length)
    for (const [use, name, operator] of uses) {
      expect([use, SECRETS.includes(name ?? ''), operator]).toEqual([use, true, ':?'])
    }
  })

  it('starts the service in production behind a proxy, with Redis', () => {
    const variables: Record<string, string> = {
      ...madeSecrets(),
      PUBLIC_URL: 'https://app.example',
      TRUST_PROXY: '1',
    }
    const config = loadConfig(environmentOfService(variables), files)
    expect(config.mode).toBe('production')
    expect(config.warnings).toEqual([])
    expect(config.server).toMatchObject({ port: 3000, isSecure: true, trustProxy: 1 })
    expect(config.redis).toMatchObject({ nodes: [{ host: 'redis', port: 6379 }] })
    expect(config.redis?.password?.reveal()).toBe(variables['REDIS_PASSWORD'])
    expect(config.operation.metricsToken?.reveal()).toBe(variables['METRICS_TOKEN'])
    expect(config.dataDir).toBe('/data')
  })

  it('starts it for a look on one machine as deploy/README.md says', () => {
    const lines = [...readme.matchAll(/^(NODE_ENV|PUBLIC_URL)=(.*)$/gm)].slice(0, 2)
    const local = Object.fromEntries(lines.map(([, name, value]) => [name, value]))
    expect(local).toEqual({ NODE_ENV: 'development', PUBLIC_URL: 'http://localhost:3000' })
    const config = loadConfig(environmentOfService({ ...madeSecrets(), ...local }), files)
    expect(config.mode).toBe('development')
    expect(config.server.host).toBe('0.0.0.0')
    expect(config.secrets.development).toBeUndefined()
  })

  it('does not start it in production without a word about TLS', () => {
    const variables: Record<string, string> = {
      ...madeSecrets(),
      PUBLIC_URL: 'https://app.example',
    }
    expect(() => loadConfig(environmentOfService(variables), files)).toThrow('CONFIG_HTTPS')
  })

  it('opens ports to this machine alone', () => {
    const ports = [...compose.matchAll(/^ {6}- (\S+):\d+$/gm)].map(([, port]) => port)
    expect(ports).toHaveLength(3)
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/)
  })
})

describe('the Dockerfile', () => {
  const stages = dockerfile.split(/^FROM /m).slice(1)
  const last = stages.at(-1) ?? ''

  it('runs as nobody special, in production, with a health check and nothing in between', () => {
    expect(stages).toHaveLength(2)
    expect(last).toMatch(/^USER node$/m)
    expect(last).toMatch(/NODE_ENV=production/)
    expect(last).toMatch(/^HEALTHCHECK /m)
    expect(last).toMatch(/^CMD \["node", .*"service\/dist\/main\.js"\]$/m)
    expect(last).not.toMatch(/^COPY (?!--from=build)/m)
  })

  it('holds no secret', () => {
    expect(dockerfile).not.toMatch(/(SECRET|TOKEN|PASSWORD)\w*[= ]/)
    expect(dockerfile).not.toMatch(/^ARG /m)
  })

  it('copies only what is there, and what .dockerignore lets through', () => {
    const ignored = readFileSync(repositoryFile('.dockerignore'), 'utf8')
    const allowed: readonly string[] = ignored.match(/(?<=^!).*/gm) ?? []
    const [build = ''] = stages
    const copied = [...build.matchAll(/^COPY (.*) \S+$/gm)].flatMap(([, list = '']) =>
      list.split(' '),
    )
    expect(copied.length).toBeGreaterThan(8)
    for (const path of copied)
      expect([path, existsSync(repositoryFile(path))]).toEqual([path, true])
    expect(copied.filter((path) => !allowed.includes(path))).toEqual([])
  })
})
