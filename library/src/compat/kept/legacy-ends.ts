import type { Register } from '../../session/register.js'
import type { SessionId } from '../../store/record.js'
import { MIRRORED } from './codec.js'
import type { Keeping } from './keeping.js'

/** Most sessions on one page of a list. */
const PAGE = 100

/** The verbs that end sessions from outside a request, which knows no session id. */
export type Ends = Pick<Register, 'revoke' | 'revokeAll' | 'disable'>

/**
 * The same verbs where sessions rest as legacy records, too: those go with them, so that old nodes refuse them at once. Their
 * names are found out before, while the sessions can still be read.
 */
export function endsWithLegacy(keeping: Keeping, register: Register): Ends {
  /** `end` answers how many ended, or whether one did: none, and nothing is to be removed. */
  const after = async <Answer extends boolean | number>(
    ids: readonly SessionId[],
    end: () => Promise<Answer>,
  ): Promise<Answer> => {
    const names = await legacyNames(keeping, ids)
    const answer = await end()
    if (!answer) return answer
    await Promise.all(names.map(async (sid) => keeping.mirror?.remove(sid)))
    return answer
  }
  return {
    revoke: (id, options) => after([id], () => register.revoke(id, options)),
    revokeAll: async (subject, options) => {
      const ids = await idsOf(register, subject)
      const others = ids.filter((id) => id !== options?.except)
      return after(others, () => register.revokeAll(subject, options))
    },
    disable: async (subject) =>
      after(await idsOf(register, subject), () => register.disable(subject)),
  }
}

async function idsOf(register: Register, subject: string): Promise<SessionId[]> {
  const ids: SessionId[] = []
  let cursor: string | undefined
  do {
    const page = await register.list(subject, { limit: PAGE, cursor })
    ids.push(...page.sessions.map(({ id }) => id))
    cursor = page.next
  } while (cursor !== undefined)
  return ids
}

/** Under which session ids these sessions rest as legacy records. */
async function legacyNames({ core }: Keeping, ids: readonly SessionId[]): Promise<string[]> {
  const names = ids.map(async (id) => {
    const answer = await core.store.read(id)
    const mark = answer.status === 'found' ? answer.record.data.get(MIRRORED) : undefined
    return mark === undefined ? [] : [JSON.parse(mark.json) as string]
  })
  return (await Promise.all(names)).flat()
}
