import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT } from '../../../../tools/workspace/places.mjs'
import { loadConfig } from '../../../src/config/load.js'
import { VARIABLES } from '../../../src/config/variables.js'
import { environmentOfImage, files, readRoot, readYaml } from './files.js'

interface ComposeService {
  readonly image: string
  readonly build?: string | { readonly context: string; readonly target: string }
  readonly environment?: Readonly<Record<string, string>>
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly networks: readonly string[]
  readonly secrets?: readonly string[]
  readonly configs?: readonly { readonly source: string }[]
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly healthcheck?: Readonly<Record<string, unknown>>
  readonly deploy?: { readonly replicas: number }
  readonly read_only?: boolean
  readonly cap_drop?: readonly string[]
  readonly security_opt?: readonly string[]
  readonly restart: string
  readonly stop_grace_period?: string
}

interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>
  readonly volumes: Readonly<Record<string, null>>
  readonly networks: Readonly<Record<string, { readonly internal: boolean } | null>>
  readonly secrets: Readonly<Record<string, { readonly environment: string }>>
  readonly configs: Readonly<Record<string, { readonly content: string }>>
}

const text = readRoot('compose.yaml')

/** The secrets that `deploy/secrets.sh` makes. */
const SECRETS = [
  ...(/for name in (.*); do/.exec(readRoot('deploy/secrets.sh'))?.[1]?.split(' ') ?? []),
  'JWT_SECRET',
]

/** Fills in variables as Docker Compose does. Throws where one that is required is not set. */
function interpolate(variables: Readonly<Record<string, string>>): string {
  return text.replace(
    /(?<!\$)\$\{(\w+)(?::([?-])([^}]*))?\}/g,
    (_all, name: string, kind, rest: string) => {
      const value = variables[name] ?? ''
      if (value !== '') return value
      if (kind === '?') throw new Error(`${name}: ${rest}`)
      return kind === '-' ? rest : ''
    },
  )
}

const made: Readonly<Record<string, string>> = {
  ...Object.fromEntries(SECRETS.map((name) => [name, randomBytes(32).toString('base64url')])),
  PUBLIC_URL: 'https://localhost:8443',
}
const compose = readYaml<Compose>('compose.yaml', interpolate(made))
const services = Object.entries(compose.services)
const serviceOf = (name: string): ComposeService => {
  const found = compose.services[name]
  if (found === undefined) throw new Error(`no ${name}`)
  return found
}

describe('compose.yaml', () => {
  it('uses only words of the Compose specification', () => {
    const keys = (of: object): string[] => Object.keys(of)
    const known = {
      top: ['name', 'services', 'configs', 'secrets', 'volumes', 'networks'],
      service: [
        ...['image', 'build', 'restart', 'deploy', 'depends_on', 'environment', 'command'],
        ...['ports', 'volumes', 'networks', 'configs', 'secrets', 'tmpfs', 'read_only'],
        ...['cap_drop', 'security_opt', 'healthcheck', 'stop_grace_period'],
      ],
      health: ['test', 'interval', 'timeout', 'retries', 'start_period'],
    }
    expect(known.top).toEqual(expect.arrayContaining(keys(compose)))
    for (const [name, service] of services) {
      expect([name, keys(service).filter((key) => !known.service.includes(key))]).toEqual([
        name,
        [],
      ])
      expect(known.health).toEqual(expect.arrayContaining(keys(service.healthcheck ?? {})))
    }
  })

  it('names nothing that is not there: files, volumes, networks, secrets, services', () => {
    for (const [name, service] of services) {
      for (const mount of service.volumes ?? []) {
        const [from = ''] = mount.split(':')
        const isThere = from.startsWith('.')
          ? from === './deploy/tls/tls.pem' || existsSync(join(ROOT, from))
          : from in compose.volumes
        expect([name, from, isThere]).toEqual([name, from, true])
      }
      for (const network of service.networks) expect(compose.networks).toHaveProperty(network)
      for (const secret of service.secrets ?? []) expect(compose.secrets).toHaveProperty(secret)
      for (const { source } of service.configs ?? []) expect(compose.configs).toHaveProperty(source)
      for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
        expect(condition).toBe('service_healthy')
        // The image of the service brings its health check along.
        if (other !== 'service') expect(serviceOf(other).healthcheck).toBeDefined()
      }
    }
    const stages = [...readRoot('Dockerfile').matchAll(/^FROM \S+ AS (\w+)$/gm)].map(
      ([, one]) => one,
    )
    expect(stages).toContain((serviceOf('grafana').build as { target: string }).target)
    // Docker does not write into a root that may only be read: neither secrets nor configurations of their own.
    for (const [, service] of services.filter(([, one]) => one.read_only)) {
      expect([service.secrets, service.configs]).toEqual([undefined, undefined])
    }
  })

  it('ASVS 13.2.3: gives no secret a default: without any one of them nothing starts, and samples are refused', () => {
    expect(SECRETS).toHaveLength(7)
    for (const name of [...SECRETS, 'PUBLIC_URL']) {
      expect(() => interpolate({ ...made, [name]: '' })).toThrow(`${name}: `)
    }
    const uses = [...text.matchAll(/(?<!\$)\$\{?(\w*(?:SECRET|TOKEN|PASSWORD)\w*)(:.)?/g)]
    expect(uses.length).toBeGreaterThanOrEqual(SECRETS.length)
    for (const [use, name, operator] of uses) {
      expect([use, SECRETS.includes(name ?? ''), operator]).toEqual([use, true, ':?'])
    }
    const environment = Object.entries(environmentOfService(made))
    for (const name of SECRETS.filter((one) => one !== 'GRAFANA_PASSWORD')) {
      for (const sample of ['changeme', 'password', 'sojourn', 'postgres']) {
        const weak = environment.map(([key, value]) => [
          key,
          value.replace(made[name] ?? '', sample),
        ])
        expect(() => loadConfig(Object.fromEntries(weak) as Record<string, string>, files)).toThrow(
          /CONFIG_SECRET_SAMPLE/,
        )
      }
    }
  })

  it('S1-08: starts two processes in production behind the proxy, with Redis and PostgreSQL', () => {
    expect(serviceOf('service').deploy).toEqual({ replicas: 2 })
    expect(serviceOf('service').build).toBe('.')
    const environment = environmentOfService(made)
    const known = Object.keys(VARIABLES)
    expect(Object.keys(environment).filter((name) => !known.includes(name))).toEqual([])
    const config = loadConfig(environment, files)
    expect(config.mode).toBe('production')
    // The network of the stores holds nobody else, and cannot be left.
    expect(config.warnings.map(({ code }) => code)).toEqual(['CONFIG_DATABASE_TLS'])
    expect(compose.networks['store']).toEqual({ internal: true })
    const onStore = services
      .filter(([, one]) => one.networks.includes('store'))
      .map(([name]) => name)
    expect(onStore).toEqual(['service', 'redis', 'postgres'])
    expect(config.server).toMatchObject({ port: 3000, isSecure: true, trustProxy: 1 })
    expect(config.redis).toMatchObject({ nodes: [{ host: 'redis', port: 6379 }] })
    expect(config.redis?.password?.reveal()).toBe(made['REDIS_PASSWORD'])
    expect(config.database).toMatchObject({ kind: 'postgres' })
    expect(config.operation.metricsToken?.reveal()).toBe(made['METRICS_TOKEN'])
    expect(compose.configs['redis']?.content).toMatch(/^appendonly yes$/m)
    expect(compose.configs['redis']?.content).toMatch(/^maxmemory-policy noeviction$/m)
  })

  it('lets people in by the proxy alone, and this machine alone look at the rest', () => {
    const open = services.filter(([, one]) => one.ports !== undefined).map(([name]) => name)
    expect(open).toEqual(['proxy', 'prometheus', 'grafana'])
    for (const [, { ports = [] }] of services) {
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/)
    }
    // The service trusts one proxy, so that nobody else may speak to it but who collects its metrics.
    const beside = (network: string): string[] =>
      services.filter(([, one]) => one.networks.includes(network)).map(([name]) => name)
    expect(beside('front')).toEqual(['proxy', 'service'])
    expect(beside('watch')).toEqual(['service', 'prometheus', 'grafana'])
  })

  it('runs what it can without rights, and with time to end', () => {
    for (const [name, service] of services) {
      expect([name, service.security_opt]).toEqual([name, ['no-new-privileges:true']])
      expect([name, service.restart]).toEqual([name, 'unless-stopped'])
    }
    for (const name of ['proxy', 'service']) {
      expect(serviceOf(name)).toMatchObject({ read_only: true, cap_drop: ['ALL'] })
    }
    expect(parseInt(serviceOf('service').stop_grace_period ?? '')).toBeGreaterThan(17)
    // Which image it is does not change from one day to the next.
    for (const [name, { image, build }] of services) {
      if (build === undefined)
        expect([name, image]).toEqual([name, expect.stringMatching(/:v?\d+\.?\d/)])
    }
  })
})

/** What a container of the service finds in its environment: that of the image, and that of compose.yaml. */
function environmentOfService(variables: Readonly<Record<string, string>>): Record<string, string> {
  const filled = readYaml<Compose>('compose.yaml', interpolate(variables))
  return { ...environmentOfImage(), ...filled.services['service']?.environment }
}
