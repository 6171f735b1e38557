import { isLoopback } from './address-readers.js'
import type { RedisConfig } from './config.js'
import type { Context } from './context.js'
import { readAuthority, readIdentity } from './redis-certificates.js'
import type { RedisNode } from './redis-readers.js'
import { Secret } from './secret.js'
import type { Values } from './values.js'

type Place = Pick<RedisConfig, 'topology' | 'nodes' | 'masterName'>

/** How to reach Redis, or `undefined` where it is not used. */
export function buildRedis(context: Context): RedisConfig | undefined {
  const { values } = context
  const place = findPlace(context)
  const isTls = isTlsWanted(context)
  refuseUnverifiedTls(context, place !== undefined && isTls)
  if (place === undefined) return undefined
  const config: RedisConfig = {
    ...place,
    ...findLogin(values),
    database: values.REDIS_URL?.database ?? values.REDIS_DB ?? 0,
    isTls,
    ca: readAuthority(context),
    identity: readIdentity(context, isTls),
    sentinel: findSentinelAccess(values, isTls),
    keyPrefix: values.REDIS_KEY_PREFIX,
    durability: findDurability(values),
    isEvictionAllowed: values.STORE_ALLOW_EVICTION,
  }
  checkTogether(context, config)
  return config
}

function findLogin({ REDIS_URL: url, REDIS_USERNAME: name, REDIS_PASSWORD: password }: Values) {
  return { username: name ?? url?.username, password: toSecret(password) ?? url?.password }
}

function findSentinelAccess(values: Values, isTls: boolean): RedisConfig['sentinel'] {
  return {
    username: values.REDIS_SENTINEL_USERNAME,
    password: toSecret(values.REDIS_SENTINEL_PASSWORD),
    isTls: values.REDIS_SENTINEL_SSL ?? isTls,
  }
}

function findDurability(values: Values): RedisConfig['durability'] {
  const { REDIS_WAIT_REPLICAS: replicas, REDIS_WAIT_TIMEOUT: within } = values
  return replicas === 0 ? undefined : { replicas, within }
}

function toSecret(text: string | undefined): Secret | undefined {
  return text === undefined ? undefined : new Secret(text)
}

function findPlace({ values, findings }: Context): Place | undefined {
  const { REDIS_URL: url, REDIS_HOST: host, REDIS_PORT: port } = values
  const { REDIS_CLUSTER_NODES: cluster, REDIS_SENTINELS: sentinels } = values
  const single = url ?? (host === undefined ? undefined : toPlace('single', [{ host, port }]))
  const ways = [single, cluster, sentinels].filter((way) => way !== undefined)
  if (ways.length > 1) {
    const what = 'REDIS_URL (or REDIS_HOST), REDIS_CLUSTER_NODES and REDIS_SENTINELS name different'
    findings.refuse('CONFIG_REDIS_CONFLICT', `${what} ways to reach Redis; set one.`)
  }
  if (cluster !== undefined) return toPlace('cluster', cluster)
  if (sentinels !== undefined) return toPlace('sentinel', sentinels.nodes, sentinels.masterName)
  return single === undefined
    ? undefined
    : toPlace(single.topology, single.nodes, single.masterName)
}

function toPlace(
  topology: Place['topology'],
  nodes: readonly RedisNode[],
  masterName?: string,
): Place {
  return { topology, nodes, masterName }
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
  if (!isProduction || !isRemote || values.REDIS_ALLOW_PLAINTEXT) return
  if (!config.isTls) {
    const name = values.REDIS_URL === undefined ? 'Redis' : 'REDIS_URL'
    const advice = 'Use rediss:// (or REDIS_SSL=true) or set REDIS_ALLOW_PLAINTEXT=1.'
    findings.refuse('CONFIG_REDIS_TLS', `${name} uses no TLS to a remote host. ${advice}`)
  } else if (config.topology === 'sentinel' && !config.sentinel.isTls) {
    // Whoever answers in a Sentinel's place says where the sessions are to be written.
    const what = 'REDIS_SENTINEL_SSL=false speaks without TLS to remote Sentinels.'
    findings.refuse('CONFIG_REDIS_TLS', `${what} Remove it or set REDIS_ALLOW_PLAINTEXT=1.`)
  }
}

/** Refuses to run with TLS verification switched off for the whole process. */
function refuseUnverifiedTls(context: Context, usesTls: boolean): void {
  const isOff = context.environment['NODE_TLS_REJECT_UNAUTHORIZED'] === '0'
  if (!isOff || !(context.isProduction || usesTls)) return
  const what = 'TLS verification is switched off (NODE_TLS_REJECT_UNAUTHORIZED=0).'
  context.findings.refuse('CONFIG_TLS_VERIFY', `${what} Give the CA with REDIS_CA_FILE.`)
}
