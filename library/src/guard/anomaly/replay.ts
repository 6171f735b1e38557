import type { AnomalyParts } from './guard.js'
import { gradeOf } from './judge.js'

/**
 * A spent refresh token from another network than the session's: somebody has a copy. The core has ended the session already;
 * here its person is told. From the same network it is more likely a client that lost an answer.
 */
export function watchReplays({ context, settings, eye, teller }: AnomalyParts): () => void {
  return context.on('refresh.reused', ({ id, subject, address, keptAddress }) => {
    const now = context.privacy.traitsOf({ address, userAgent: undefined }).address
    const [here, there] = [eye.networkOf(now), eye.networkOf(keptAddress)]
    if (here === undefined || there === undefined || here === there) return
    const signals = ['refresh_replay'] as const
    const grade = gradeOf(signals, settings)
    if (grade !== 'none') teller.tell({ id, subject, address, signals, grade }, 'revoke')
  })
}
