import { isLoopback } from './address-readers.js'
import type { RedisConfig } from './config.js'
import type { Context } from './context.js'
import { readCertificates } from './pem.js'
import type { RedisNode } from './redis-readers.js'
import { Secret } from './secret.js'

type Place = Pick<RedisConfig, 'topology' | 'nodes' | 'masterName'>

/** How to reach Redis, or `undefined` where it is not used. */
export function buildRedis(context: Context): RedisConfig | undefined {
  const { values } = context
  const place = findPlace(context)
  const isTls = isTlsWanted(context)
  refuseUnverifiedTls(context, place !== undefined && isTls)
  if (place === undefined) return undefined
  const password = values.REDIS_PASSWORD
  const config: RedisConfig = {
    ...place,
    username: values.REDIS_URL?.username,
    password: password === undefined ? values.REDIS_URL?.password : new Secret(password),
    database: values.REDIS_URL?.database ?? values.REDIS_DB ?? 0,
    isTls,
    ca: readAuthority(context),
    keyPrefix: values.REDIS_KEY_PREFIX,
    isEvictionAllowed: values.STORE_ALLOW_EVICTION,
  }
  checkTogether(context, config)
  return config
}

function findPlace({ values, findings }: Context): Place | undefined {
  const { REDIS_URL: url, REDIS_HOST: host, REDIS_PORT: port } = values
  const { REDIS_CLUSTER_NODES: cluster, REDIS_SENTINELS: sentinels } = values
  const single = url ?? (host === undefined ? undefined : { host, port })
  const ways = [single, cluster, sentinels].filter((way) => way !== undefined)
  if (ways.length > 1) {
    const what = 'REDIS_URL (or REDIS_HOST), REDIS_CLUSTER_NODES and REDIS_SENTINELS name different'
    findings.refuse('CONFIG_REDIS_CONFLICT', `${what} ways to reach Redis; set one.`)
  }
  if (cluster !== undefined) return { topology: 'cluster', nodes: cluster, masterName: undefined }
  if (sentinels !== undefined) return { topology: 'sentinel', ...sentinels }
  if (single === undefined) return undefined
  const node: RedisNode = { host: single.host, port: single.port }
  return { topology: 'single', nodes: [node], masterName: undefined }
}

function isTlsWanted({ values, findings }: Context): boolean {
  const { REDIS_SSL: asked, REDIS_URL: url } = values
  if (url?.isTls === true && asked === false) {
    findings.refuse('CONFIG_REDIS_CONFLICT', 'REDIS_URL asks for TLS and REDIS_SSL forbids it.')
  }
  return asked ?? url?.isTls ?? false
}

function checkTogether({ values, isProduction, findings }: Context, config: RedisConfig): void {
  if (config.topology === 'cluster' && config.database !== 0) {
    findings.refuse(
      'CONFIG_REDIS_CONFLICT',
      'A Redis Cluster has database 0 only; remove REDIS_DB.',
    )
  }
  const isRemote = !config.nodes.every((node) => isLoopback(node.host))
  if (isProduction && isRemote && !config.isTls && !values.REDIS_ALLOW_PLAINTEXT) {
    const name = values.REDIS_URL === undefined ? 'Redis' : 'REDIS_URL'
    const advice = 'Use rediss:// (or REDIS_SSL=true) or set REDIS_ALLOW_PLAINTEXT=1.'
    findings.refuse('CONFIG_REDIS_TLS', `${name} uses no TLS to a remote host. ${advice}`)
  }
}

function readAuthority({ values, findings, files }: Context): string | undefined {
  const path = values.REDIS_CA_FILE
  if (path === undefined) return undefined
  const reading = readCertificates(path, files)
  if ('text' in reading) return reading.text
  findings.refuse('CONFIG_CA', `REDIS_CA_FILE ${path} ${reading.problem}.`)
  return undefined
}

/** Refuses to run with TLS verification switched off for the whole process. */
function refuseUnverifiedTls(context: Context, usesTls: boolean): void {
  const isOff = context.environment['NODE_TLS_REJECT_UNAUTHORIZED'] === '0'
  if (!isOff || !(context.isProduction || usesTls)) return
  const what = 'TLS verification is switched off (NODE_TLS_REJECT_UNAUTHORIZED=0).'
  context.findings.refuse('CONFIG_TLS_VERIFY', `${what} Give the CA with REDIS_CA_FILE.`)
}
