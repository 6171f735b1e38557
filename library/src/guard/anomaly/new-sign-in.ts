import type { SessionFacts } from '../../session/facts.js'
import type { AnomalyParts } from './guard.js'
import type { SignIn } from './options.js'
import { isImpossibleTravel } from './travel.js'

/** Sessions of one person that a sign-in is compared with. */
const MOST_COMPARED = 100

/**
 * Compares each sign-in with the person's other live sessions, and with what was seen of them within 30 days, after the
 * answer has left: `session.started` is told later, so nothing here can delay a sign-in.
 */
export function watchSignIns(parts: AnomalyParts): () => void {
  const { context, settings, teller } = parts
  return context.on('session.started', async ({ id, subject, address }) => {
    if (subject === undefined) return
    const { sessions } = await context.list(subject, { limit: MOST_COMPARED })
    const own = sessions.find((session) => session.id === id)
    // Who acts for somebody else is not that person on a new device.
    if (own === undefined || own.actor !== undefined) return
    const others = sessions.filter((one) => one.id !== id && one.actor === undefined)
    const signIn = await compare(parts, own, others, address)
    for (const kind of kindsOf(signIn)) {
      context.report('signin.suspicious', { kind, subject, id, address })
    }
    if (!settings.isShadow) teller.call(settings.onNewSignIn, signIn)
  })
}

function kindsOf(signIn: SignIn): readonly ('new_device' | 'new_network' | 'impossible_travel')[] {
  if (signIn.isFirst) return []
  return [
    ...(signIn.isKnownDevice ? [] : (['new_device'] as const)),
    ...(signIn.isKnownNetwork ? [] : (['new_network'] as const)),
    ...(signIn.isImpossibleTravel ? (['impossible_travel'] as const) : []),
  ]
}

async function compare(
  { settings, eye, history }: AnomalyParts,
  own: SessionFacts,
  others: readonly SessionFacts[],
  address: string,
): Promise<SignIn> {
  const { id, subject = '', agent, createdAt, serverTime } = own
  const [device, network] = [eye.familyOf(agent), eye.networkOf(own.address)]
  const whom = `subject ${subject}`
  const [isFirstEver, isNewDevice, isNewNetwork] = await Promise.all([
    history.isNew(whom, 'anything'),
    device !== undefined && history.isNew(whom, `device ${device}`),
    network !== undefined && history.isNew(whom, `network ${network}`),
    history.isUnusualHour(subject, serverTime),
  ])
  // Sessions are listed as they were used: the first was used last.
  const [last] = others
  return {
    id,
    subject,
    address,
    device: agent,
    network,
    isFirst: isFirstEver && last === undefined,
    isKnownDevice: !isNewDevice || hasOne(others, (one) => eye.familyOf(one.agent) === device),
    isKnownNetwork:
      !isNewNetwork || hasOne(others, (one) => eye.networkOf(one.address) === network),
    isImpossibleTravel:
      last !== undefined &&
      (await isImpossibleTravel(
        settings,
        { address: last.address, at: last.lastSeenAt },
        { address, at: createdAt },
      )),
  }
}

function hasOne(sessions: readonly SessionFacts[], is: (one: SessionFacts) => boolean): boolean {
  return sessions.some(is)
}
