import { randomBytes } from 'node:crypto'
import { createPerson, registration, settle, toCall, type Person, type Showing } from './person.js'
import type { Recorder } from './recorder.js'
import type { Reply, Wire } from './wire.js'

/** The people of a run could not be made; `message` says why, and what to do about it. */
export class EnrolmentFailed extends Error {
  override readonly name = 'EnrolmentFailed'
}

export interface Enrolment {
  readonly wire: Wire
  /** Who takes part. */
  readonly users: number
  /** How many accounts they share; each is created anew. */
  readonly accounts: number
  readonly showing: Showing | 'both'
  readonly recorder: Recorder
  readonly signal: AbortSignal
  onProgress(done: number): void
}

/** So many at once: the service computes two or three password hashes at a time, and the run has not begun. */
const AT_ONCE = 4

/** Creates accounts and signs everybody in. @throws EnrolmentFailed */
export async function enrol(enrolment: Enrolment): Promise<Person[]> {
  const { users, accounts, showing } = enrolment
  const run = randomBytes(4).toString('hex')
  const passwords = Array.from({ length: accounts }, () => randomBytes(18).toString('base64url'))
  const people = Array.from({ length: users }, (_, index) => {
    const account = index % accounts
    const shows = showing === 'both' ? (['cookie', 'bearer'] as const)[index % 2] : showing
    return createPerson(
      `load-${run}-${String(account)}`,
      passwords[account] ?? '',
      shows ?? 'cookie',
    )
  })
  let done = 0
  const arrive = (isNew: boolean) => async (person: Person) => {
    await admit(enrolment, person, isNew)
    enrolment.onProgress((done += 1))
  }
  await each(people.slice(0, accounts), arrive(true), enrolment.signal)
  await each(people.slice(accounts), arrive(false), enrolment.signal)
  return people.filter(({ tokens }) => tokens !== undefined)
}

/** Signs everybody out who is signed in: nothing but accounts stays behind. Failures are counted, and do not matter. */
export async function signEverybodyOut(
  people: readonly Person[],
  { wire, recorder, signal }: Pick<Enrolment, 'wire' | 'recorder' | 'signal'>,
): Promise<void> {
  const leave = async (person: Person): Promise<void> => {
    const reply = await wire.send(toCall(person, 'sign-out'))
    note(recorder, 'sign-out', reply)
    settle(person, 'sign-out', reply)
  }
  await each([...people], leave, signal)
}

async function admit({ wire, recorder }: Enrolment, person: Person, isNew: boolean): Promise<void> {
  const reply = await wire.send(isNew ? registration(person) : toCall(person, 'sign-in'))
  note(recorder, isNew ? 'register' : 'sign-in', reply)
  const isIn = settle(person, 'sign-in', reply)
  if (!isIn) throw new EnrolmentFailed(reasonOf(reply))
}

function note(recorder: Recorder, operation: string, reply: Reply): void {
  const { outcome, served, bytes } = reply
  recorder.add({ operation, outcome, took: served, served, bytes })
}

async function each(
  people: Person[],
  work: (person: Person) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const workers = Array.from({ length: AT_ONCE }, async () => {
    for (let one = people.shift(); one !== undefined && !signal.aborted; one = people.shift()) {
      await work(one)
    }
  })
  await Promise.all(workers)
}

const RATE_LIMIT_WORDS =
  'The service limits sign-ins from one address (429). Start the one under test with RATE_LIMIT=1000000, or ask for fewer --accounts: see docs/guide/load-testing.md.'

function reasonOf({ outcome, body }: Reply): string {
  if (outcome === 'connection') return 'Nothing answers there: no connection could be made.'
  if (outcome === 'timeout') return 'No answer came in time while accounts were created.'
  if (outcome === 429) return RATE_LIMIT_WORDS
  if (outcome === 404) {
    return 'There is no POST /register: this is no sojourn service. For an application of your own, see --app.'
  }
  if (typeof outcome === 'number' && outcome < 400) {
    return `POST /register was answered with ${String(outcome)} and no tokens: this is no sojourn service. For an application of your own, see --app.`
  }
  return `An account could not be created: ${String(outcome)}${codeIn(body)}.`
}

/** The stable code of a problem, never its text, which may repeat what was sent. */
function codeIn(body: string): string {
  const code = /"code":"([a-z_]{1,60})"/.exec(body)?.[1]
  return code === undefined ? '' : ` ${code}`
}
