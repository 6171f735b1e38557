import { auditId } from 'sojourn/telemetry'
import type { Places } from '../../admin/erase.js'
import { confirm } from '../confirm.js'
import { CommandFailed } from '../exit.js'
import { printable } from '../printable.js'
import type { Terminal } from '../terminal.js'
import { withPeople } from '../with-people.js'
import { plain } from './text.js'
import { checkId } from './why.js'

export interface EndFlags {
  readonly subject?: string
  readonly everybody?: boolean
  readonly dryRun?: boolean
  readonly yes?: boolean
  readonly json?: boolean
}

/** Which sessions are to end. */
type Target =
  | { readonly kind: 'one'; readonly id: string }
  | { readonly kind: 'subject'; readonly subject: string }
  | { readonly kind: 'everybody' }

/** `sojourn sessions end`. */
export async function endSessions(
  terminal: Terminal,
  id: string | undefined,
  flags: EndFlags,
): Promise<void> {
  const target = toTarget(id, flags)
  await withPeople(terminal, async (places, { place }) => {
    const found = await count(places, target)
    if (target.kind === 'one' && found === 0) {
      throw new CommandFailed(
        'There is no such live session; `sojourn sessions why` may know more.',
      )
    }
    const isDryRun = flags.dryRun === true
    if (!isDryRun) {
      await confirm(terminal, `${question(target, found)} (${place})`, flags.yes === true)
    }
    const ended = isDryRun ? found : await end(places, target)
    const answer = { place, isDryRun, target, sessions: ended }
    if (flags.json === true) terminal.write(`${printable(answer)}\n`)
    else terminal.write(toText(target, ended, isDryRun))
  })
}

function toTarget(id: string | undefined, { subject, everybody }: EndFlags): Target {
  const given = [id, subject, everybody].filter((one) => one !== undefined)
  if (given.length !== 1) {
    throw new CommandFailed('Say which: the id of a session, --subject <id>, or --everybody.')
  }
  if (id !== undefined) {
    checkId(id)
    return { kind: 'one', id }
  }
  return subject === undefined ? { kind: 'everybody' } : { kind: 'subject', subject }
}

async function count({ sojourn }: Places, target: Target): Promise<number> {
  if (target.kind === 'one') return (await sojourn.find(target.id)).state === 'live' ? 1 : 0
  let sessions = 0
  let cursor: string | undefined
  do {
    const page =
      target.kind === 'subject'
        ? await sojourn.list(target.subject, { limit: 100, cursor })
        : await sojourn.everybody({ limit: 1_000, cursor })
    sessions += page.sessions.length
    cursor = page.next
  } while (cursor !== undefined)
  return sessions
}

async function end(places: Places, target: Target): Promise<number> {
  const { sojourn } = places
  // Told first: whatever comes of it, somebody wanted this.
  await record(places, target)
  if (target.kind === 'one') return (await sojourn.revoke(target.id)) ? 1 : 0
  if (target.kind === 'subject') return sojourn.revokeAll(target.subject)
  return (await sojourn.revokeEverybody()).sessions
}

const ACTS = { one: 'session.ended', subject: 'sessions.ended', everybody: 'everybody.ended' }

async function record({ trail, now }: Places, target: Target): Promise<void> {
  const at = now()
  const whom =
    target.kind === 'one'
      ? { sessionId: target.id }
      : target.kind === 'subject'
        ? { subject: target.subject }
        : {}
  const details = { target: target.kind }
  await trail.add([
    {
      ...{ id: auditId(at), at, event: 'admin.acted', outcome: 'success', actor: 'cli' },
      ...{ code: ACTS[target.kind], details, ...whom },
    },
  ])
}

function question(target: Target, found: number): string {
  if (target.kind === 'one') return `This ends the session ${target.id}.`
  const whose = target.kind === 'subject' ? `of ${plain(target.subject)}` : 'of everybody'
  return `This ends all ${found} sessions ${whose}, at once.`
}

function toText(target: Target, sessions: number, isDryRun: boolean): string {
  const whose = {
    one: '',
    subject: target.kind === 'subject' ? ` of ${plain(target.subject)}` : '',
    everybody: ' of everybody',
  }[target.kind]
  const what = `${sessions} ${sessions === 1 ? 'session' : 'sessions'}${whose}`
  if (isDryRun) return `This would end ${what} (nothing was changed).\n`
  return `Ended ${what}. Every node refuses them within a second; their holders are told that an operator ended them.\n`
}
