import type { KeyChange, KeyFacts, KeyNote, KeyTransition } from 'sojourn/keys'
import { renderTable } from './table.js'

const HEAD = ['KEY', 'ALGORITHM', 'STATE', 'FROM', 'ACTIVE', 'STOPS SIGNING', 'ACCEPTED UNTIL']
const NEW = '(a new key)'

/** All keys, one line each. */
export function keysTable(keys: readonly KeyFacts[], isForPerson: boolean): string {
  const rows = keys.map((key) => [
    key.kid,
    key.algorithm,
    stateText(key),
    key.origin === 'option' ? 'JWT_SECRET' : 'store',
    key.activeAt === undefined ? 'from the start' : instant(key.activeAt),
    instant(key.retiredAt),
    instant(key.acceptedUntil),
  ])
  return renderTable(HEAD, rows, isForPerson)
}

function stateText({ state, isSigning, isHeld }: KeyFacts): string {
  if (isSigning) return 'active, signs'
  return isHeld || state === 'retired' ? state : `${state}, not readable here`
}

/** What a change did or would do, and whom it touches. */
export function changeText(change: KeyChange): string {
  const head = change.isDryRun ? 'This would happen (nothing was changed):' : 'Done:'
  return [
    head,
    ...change.transitions.map((step) => `  ${transitionText(step, change.now)}`),
    ...signerLines(change),
    ...impactLines(change),
    ...change.notes.map((note) => `Note: ${NOTES[note]}`),
    '',
  ].join('\n')
}

const BECOMES = {
  published: 'is published in the JWKS, and does not sign yet',
  active: 'becomes active',
  retiring: 'stops signing',
  retired: 'is refused',
} as const

function transitionText({ kid, algorithm, to, at }: KeyTransition, now: number): string {
  return `${when(at, now)}: ${kid ?? NEW} (${algorithm}) ${BECOMES[to]}`
}

function signerLines({ signers, now }: KeyChange): string[] {
  const steps = signers.map(({ kid, at }) => `${kid ?? NEW} from ${when(at, now)}`)
  return [`New tokens are signed with ${steps.join(', then with ')}.`]
}

function impactLines({ impact, now }: KeyChange): string[] {
  const cut = impact.map(({ kid, acceptedUntil }) =>
    acceptedUntil <= now
      ? `Access tokens of ${kid} stop working now, on every node within a second. Who holds nothing but such a token has to get a new one.`
      : `Access tokens of ${kid} stop working at ${when(acceptedUntil, now)}; by then all have expired.`,
  )
  const rest = cut.length === 0 ? [] : ['Clients with a refresh token or a cookie go on.']
  return ['Nobody is signed out.', ...cut, ...rest]
}

const NOTES: Readonly<Record<KeyNote, string>> = {
  successor: 'the ring must never be without a key that signs, so another one steps in.',
  early:
    'a key signs before everybody who caches the JWKS has it; verifiers that meet an unknown kid have to fetch the JWKS anew.',
  option:
    'that key stands in JWT_SECRET. The store says that it is retired; take it out of the variable at the next restart, too.',
}

/** An instant as text, with how far away it is. */
function when(at: number, now: number): string {
  const seconds = Math.round((at - now) / 1_000)
  return seconds <= 0 ? 'now' : `${instant(at)} (in ${span(seconds)})`
}

function span(seconds: number): string {
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800
    ? `${Math.round(seconds / 3_600)} h`
    : `${Math.round(seconds / 86_400)} days`
}

function instant(at: number | undefined): string {
  return at === undefined ? '-' : new Date(at).toISOString().replace(/\.\d+Z$/, 'Z')
}
