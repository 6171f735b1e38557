import { InvalidOption } from '../../errors.js'
import type { ClientPrivacy } from '../../session/device.js'
import type { EventName, Listener } from '../../session/events.js'
import type { Register } from '../../session/register.js'
import type { SessionId } from '../../store/record.js'
import { toMilliseconds, type Duration } from '../../system/duration.js'
import type { GuardContext } from '../context.js'

/** What this guard needs of an application's sessions. A `Sojourn` is one. */
export interface AnomalyContext extends GuardContext, Pick<Register, 'list'> {
  readonly privacy: ClientPrivacy
  on<Name extends EventName>(name: Name, listener: Listener<Name>): () => void
}

/**
 * What can speak against a session being used by its person.
 *
 * - `network_changed`: a /24 or /48 that this session was never seen in.
 * - `agent_changed`: another browser or operating system; a new version is none.
 * - `client_hints`: `Sec-CH-UA-Platform` or `-Mobile` contradict the browser that the session is kept with.
 * - `unusual_hour`: hours in which this person did not come for 30 days.
 * - `alternating_networks`: from one network, another, and the first again within seconds (seen by one process).
 * - `impossible_travel`: farther than anybody travels in the time; needs `locate`.
 * - `refresh_replay`: a spent refresh token came in from another network.
 * - `failed_attempts`: from a network with many failed sign-ins within the last hour.
 */
export const SIGNAL_WEIGHTS = {
  network_changed: 1,
  agent_changed: 3,
  client_hints: 2,
  unusual_hour: 1,
  alternating_networks: 3,
  impossible_travel: 4,
  refresh_replay: 5,
  failed_attempts: 2,
} as const

/** Name of a signal. */
export type SignalName = keyof typeof SIGNAL_WEIGHTS

/** How much speaks against it. */
export type Grade = 'none' | 'low' | 'medium' | 'high'

/**
 * What follows. `observe`: the event `anomaly.detected`. `notify`: also the hook. `step-up`: also, every guard refuses the
 * session until the person proved again who they are. `revoke`: also, the session ends as `anomaly`.
 */
export type Answer = 'observe' | 'notify' | 'step-up' | 'revoke'

/** To what of the sign-in a session is tied, hard: `network` is the /24 or /48, `agent` browser and operating system. */
export type Binding = 'none' | 'network' | 'address' | 'agent'

/** Somewhere on earth, in degrees. */
export interface Place {
  readonly latitude: number
  readonly longitude: number
}

/** What the hook `notify` is told. No credential. */
export interface AnomalyNotice {
  readonly id: SessionId
  readonly subject: string | undefined
  readonly signals: readonly SignalName[]
  readonly grade: Exclude<Grade, 'none'>
  readonly answer: Answer
  readonly address: string
}

/** What the hook `onNewSignIn` is told, once for each sign-in. */
export interface SignIn {
  readonly id: SessionId
  readonly subject: string
  readonly address: string
  /** The user agent, as far as the privacy options keep it. */
  readonly device: string | undefined
  /** The network, as far as the privacy options let it be told. */
  readonly network: string | undefined
  /** Nothing is known of this person yet: then nothing counts as new. */
  readonly isFirst: boolean
  readonly isKnownDevice: boolean
  readonly isKnownNetwork: boolean
  /** Nobody travels so fast from where this person's last used session was; needs `locate`. */
  readonly isImpossibleTravel: boolean
}

/** How anomalies are judged and answered. */
export interface AnomalyOptions {
  /** What follows from each grade. Default `{ low: 'observe', medium: 'notify', high: 'notify' }`: nobody is signed out. */
  readonly answers?: Readonly<Partial<Record<Exclude<Grade, 'none'>, Answer>>>
  /** How much each signal weighs, from 0 (never) to 100. Defaults: `SIGNAL_WEIGHTS`. */
  readonly weights?: Readonly<Partial<Record<SignalName, number>>>
  /** From which sum on a grade begins. Default `{ low: 1, medium: 3, high: 5 }`. */
  readonly grades?: Readonly<Partial<Record<Exclude<Grade, 'none'>, number>>>
  /** Bits that make a network. Default 24 and 48; with `privacy.address: 'truncated'` no more is kept. */
  readonly prefix?: { readonly ipv4?: number; readonly ipv6?: number }
  /** Refuses a session outright that comes from elsewhere than where it was signed in to. Default `'none'`: it signs phones out. */
  readonly binding?: Binding
  /** Reports what would follow, and does nothing. Default `false`. */
  readonly isShadow?: boolean
  /** Where an address is, for `impossible_travel`. Default: nobody knows. */
  readonly locate?: (address: string) => Place | undefined | Promise<Place | undefined>
  /** Hears of anomalies whose answer is `notify` or more: once for each session and set of signals in `notifyEvery`. */
  readonly notify?: (anomaly: AnomalyNotice) => unknown
  /** How often `notify` may hear of the same. Default `'24h'`. */
  readonly notifyEvery?: Duration
  /** Hears of each sign-in, whether device and network are known. Never delays one. */
  readonly onNewSignIn?: (signIn: SignIn) => unknown
  /** Failed sign-ins from one network within an hour that count as a signal. Default 10. */
  readonly failuresToDoubt?: number
  /** How soon it has to be back in the first network to count as `alternating_networks`. Default `'10s'`. */
  readonly alternatingWithin?: Duration
  /** Differences that this process remembers, each as one short text. Default 10,000. */
  readonly maxRemembered?: number
}

/** The options with every default filled in, durations in milliseconds. */
export interface AnomalySettings extends Pick<AnomalyOptions, 'locate' | 'notify' | 'onNewSignIn'> {
  readonly answers: Readonly<Record<Exclude<Grade, 'none'>, Answer>>
  readonly weights: Readonly<Record<SignalName, number>>
  readonly grades: Readonly<Record<Exclude<Grade, 'none'>, number>>
  readonly ipv4Bits: number
  readonly ipv6Bits: number
  readonly binding: Binding
  readonly isShadow: boolean
  readonly notifyEvery: number
  readonly failuresToDoubt: number
  readonly alternatingWithin: number
  readonly maxRemembered: number
}

const ANSWERS: readonly string[] = ['observe', 'notify', 'step-up', 'revoke'] satisfies Answer[]
const BINDINGS: readonly string[] = ['none', 'network', 'address', 'agent'] satisfies Binding[]

/** Throws {@link InvalidOption} naming the option at fault. */
export function toAnomalySettings(
  options: AnomalyOptions,
  privacy: Pick<ClientPrivacy, 'address' | 'agent'>,
): AnomalySettings {
  const { binding = 'none', isShadow = false, locate, notify, onNewSignIn } = options
  if (!BINDINGS.includes(binding)) {
    throw new InvalidOption("option binding must be 'none', 'network', 'address' or 'agent'.")
  }
  const settings: AnomalySettings = {
    ...toNumbersAlone(options),
    answers: toAnswers(options.answers),
    weights: toNumbers('weights', options.weights, SIGNAL_WEIGHTS),
    grades: toGrades(options.grades),
    binding,
    isShadow,
    ...(locate === undefined ? {} : { locate }),
    ...(notify === undefined ? {} : { notify }),
    ...(onNewSignIn === undefined ? {} : { onNewSignIn }),
  }
  checkKept(settings, privacy)
  return settings
}

function toNumbersAlone({
  prefix = {},
  failuresToDoubt = 10,
  maxRemembered = 10_000,
  notifyEvery = '24h',
  alternatingWithin = '10s',
}: AnomalyOptions) {
  return {
    ipv4Bits: whole('prefix.ipv4', prefix.ipv4 ?? 24, 8, 32),
    ipv6Bits: whole('prefix.ipv6', prefix.ipv6 ?? 48, 16, 128),
    notifyEvery: span('notifyEvery', notifyEvery),
    failuresToDoubt: whole('failuresToDoubt', failuresToDoubt, 1, 100_000),
    alternatingWithin: span('alternatingWithin', alternatingWithin),
    maxRemembered: whole('maxRemembered', maxRemembered, 1, 10_000_000),
  }
}

/** A session cannot be tied to what is not kept of its beginning. */
function checkKept(
  { binding, ipv4Bits, ipv6Bits }: AnomalySettings,
  { address, agent }: Pick<ClientPrivacy, 'address' | 'agent'>,
): void {
  const isLonger = address === 'truncated' && (ipv4Bits > 24 || ipv6Bits > 48)
  if (isLonger) {
    throw new InvalidOption("option prefix is longer than what privacy.address: 'truncated' keeps.")
  }
  const wants = UNKNOWABLE[binding]
  const kept = binding === 'agent' ? agent : address
  if (wants.includes(kept)) {
    const name = binding === 'agent' ? 'agent' : 'address'
    throw new InvalidOption(
      `option binding: '${binding}' cannot be held with privacy.${name}: '${kept}': too little is kept.`,
    )
  }
}

const UNKNOWABLE: Readonly<Record<Binding, readonly string[]>> = {
  none: [],
  network: ['keyed-hash', 'none'],
  address: ['truncated', 'none'],
  agent: ['keyed-hash', 'none'],
}

function toAnswers(given: AnomalyOptions['answers']): AnomalySettings['answers'] {
  const answers = { low: 'observe', medium: 'notify', high: 'notify', ...given } as const
  for (const [grade, answer] of Object.entries(answers)) {
    const isKnown = grade === 'low' || grade === 'medium' || grade === 'high'
    if (!isKnown || !ANSWERS.includes(answer)) {
      throw new InvalidOption(
        "option answers gives each of low, medium and high one of 'observe', 'notify', 'step-up' or 'revoke'.",
      )
    }
  }
  return answers
}

function toGrades(given: AnomalyOptions['grades']): AnomalySettings['grades'] {
  const grades = toNumbers('grades', given, { low: 1, medium: 3, high: 5 })
  if (grades.low <= 0 || grades.low > grades.medium || grades.medium > grades.high) {
    throw new InvalidOption('option grades must be above 0 and rise from low to medium to high.')
  }
  return grades
}

function toNumbers<Name extends string>(
  option: string,
  given: Readonly<Partial<Record<Name, number>>> | undefined,
  otherwise: Readonly<Record<Name, number>>,
): Record<Name, number> {
  for (const [name, value] of Object.entries<number | undefined>(given ?? {})) {
    const isRight = value !== undefined && value >= 0 && value <= 100
    if (!Object.hasOwn(otherwise, name) || !isRight) {
      throw new InvalidOption(
        `option ${option}.${name} must be a number from 0 to 100 for one of ${Object.keys(otherwise).join(', ')}.`,
      )
    }
  }
  return { ...otherwise, ...given }
}

function whole(name: string, given: number, least: number, most: number): number {
  if (Number.isInteger(given) && given >= least && given <= most) return given
  throw new InvalidOption(
    `option ${name} must be a whole number from ${String(least)} to ${String(most)}.`,
  )
}

const LONGEST = 30 * 86_400_000

function span(name: string, given: Duration): number {
  const milliseconds = toMilliseconds(given) ?? 0
  if (milliseconds >= 1 && milliseconds <= LONGEST) return milliseconds
  throw new InvalidOption(`option ${name} must be a duration from 1ms to 30d, such as '10s'.`)
}
