import type { FoundSession, Sojourn } from 'sojourn'
import { readCredentialInput } from '../credential.js'
import { CommandFailed } from '../exit.js'
import { printable } from '../printable.js'
import type { Terminal } from '../terminal.js'
import { withSessions } from '../with-sessions.js'
import { EXPLANATIONS } from './reasons.js'
import { instant, plain } from './text.js'

/** What is found out of one session, by its id or by a credential of it. */
interface Answer {
  readonly id: string | null
  readonly state: FoundSession['state'] | 'not_ours'
  readonly reason?: string
  readonly endedAt?: string | null
  readonly subject?: string | null
  readonly aliveUntil?: string
  readonly explanation: string
  readonly advice: string
}

/** `sojourn sessions why`. */
export async function whySession(
  terminal: Terminal,
  given: string,
  { json = false }: { json?: boolean },
): Promise<void> {
  const credential = given === '-' ? await readCredentialInput(terminal) : undefined
  if (credential === undefined) checkId(given)
  await withSessions(terminal, async (sojourn, { place }) => {
    const answer = await explain(sojourn, credential, given)
    if (json) terminal.write(`${printable({ place, ...answer })}\n`)
    else terminal.write(toText(answer))
  })
}

/** @throws CommandFailed that does not repeat what was given: it may be a cookie. */
export function checkId(text: string): void {
  if (/^[\w-]{2}\.[\w-]{22}$/.test(text)) return
  throw new CommandFailed(
    'A session id is wanted: 25 characters such as Ab.0123456789abcdefghijkl. A cookie or a token is read with - from the standard input.',
  )
}

async function explain(
  sojourn: Sojourn<object>,
  credential: string | undefined,
  given: string,
): Promise<Answer> {
  if (credential === undefined) return explainFound(given, await sojourn.find(given))
  const report = await sojourn.inspect(credential)
  const problem = report.checks.find(({ isPassed }) => !isPassed)
  if (report.sessionId === undefined) {
    return {
      id: null,
      state: 'not_ours',
      explanation: `This was not made by this service: ${problem?.detail ?? 'unknown'}`,
      advice:
        'Compare SESSION_SECRET (and REFRESH_SECRET) with those of the nodes that set it, and the length of what was copied.',
    }
  }
  const answer = explainFound(report.sessionId, await sojourn.find(report.sessionId))
  // The session lives, and what was presented does not open it.
  if (answer.state !== 'live' || problem === undefined) return answer
  const { explanation } = answer
  return {
    ...answer,
    explanation: `The session lives, but this ${report.kind} is refused: ${problem.detail} ${explanation}`,
    advice: `The client has to use the newest one it was given. See \`sojourn token inspect\`.`,
  }
}

function explainFound(id: string, found: FoundSession): Answer {
  switch (found.state) {
    case 'live':
      return {
        id,
        state: 'live',
        subject: found.facts.subject ?? null,
        aliveUntil: new Date(found.facts.idleExpiresAt).toISOString(),
        explanation: `It is alive: last seen at ${instant(found.facts.lastSeenAt)}; it ends at ${instant(found.facts.idleExpiresAt)} if nothing happens, and at ${instant(found.facts.expiresAt)} whatever happens.`,
        advice:
          'If the person is asked to sign in all the same, the cookie does not arrive: `sojourn doctor URL` finds out why.',
      }
    case 'over': {
      const { what, advice } = EXPLANATIONS[found.reason]
      return {
        id,
        state: 'over',
        reason: found.reason,
        endedAt: found.endedAt === undefined ? null : new Date(found.endedAt).toISOString(),
        subject: found.subject ?? null,
        explanation: what,
        advice,
      }
    }
    case 'unknown':
      return {
        id,
        state: 'unknown',
        explanation:
          'The store holds nothing of it. Reasons are remembered for 24 hours; or the store was emptied, or is another one.',
        advice: '`sojourn audit` remembers for longer. Compare the store that is named above.',
      }
    case 'unreadable':
      return {
        id,
        state: 'unreadable',
        explanation: 'Its record cannot be read by this version: a later one wrote it.',
        advice: 'Use the version of the service that runs.',
      }
  }
}

function toText(answer: Answer): string {
  const lines = [
    ['session', answer.id ?? '-'],
    ['state', answer.state === 'not_ours' ? 'not ours' : answer.state],
    ...(answer.reason === undefined ? [] : [['reason', answer.reason]]),
    ...(typeof answer.endedAt === 'string' ? [['ended', answer.endedAt]] : []),
    ...(typeof answer.subject === 'string' ? [['subject', plain(answer.subject)]] : []),
    ['why', answer.explanation],
    ['what to do', answer.advice],
  ]
  return lines.map(([name = '', value = '']) => `${name.padEnd(11)} ${value}\n`).join('')
}
