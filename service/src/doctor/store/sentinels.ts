import type { RedisConfig } from '../../config/config.js'
import { askServer } from '../../redis/client.js'
import { answer, type Finding } from '../finding.js'

/** Whether the Sentinels that were named answer, and could agree on another primary. */
export async function examineSentinels(redis: RedisConfig): Promise<readonly Finding[]> {
  if (redis.topology !== 'sentinel') return []
  const say = answer({
    id: 'store.sentinels',
    group: 'store',
    asvs: ['13.1.2'],
    title: 'The Sentinels answer, and are enough to replace the primary',
  })
  const words = ['SENTINEL', 'CKQUORUM', redis.masterName ?? '']
  const access = { ...redis, ...redis.sentinel }
  const answers = await Promise.all(
    redis.nodes.map(async (node) => {
      const name = `${node.host}:${String(node.port)}`
      try {
        return { name, said: String(await askServer(access, node, (send) => send(words))) }
      } catch (error) {
        return { name, fault: error instanceof Error ? error.message : 'unknown fault' }
      }
    }),
  )
  const bad = answers.flatMap(({ name, fault }) =>
    fault === undefined ? [] : [`${name}: ${fault}`],
  )
  const fix = 'Start those that are away; three on machines of their own are usual.'
  if (bad.length > 0) return [say.warn(`${bad.join('; ')}.`, fix)]
  return [say.pass(answers[0]?.said ?? '')]
}
