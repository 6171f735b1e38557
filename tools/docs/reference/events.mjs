import ts from 'typescript'
import { commentBefore, declarationOf, docOf, fieldsOf, typeText, valueOf } from './syntax.mjs'
import { code, head, table } from './table.mjs'

const FILE = 'library/src/session/events.ts'

/** Fields that mean the same in every event. */
const ALIKE = /** @type {Readonly<Record<string, string>>} */ ({
  id: 'The session.',
  subject: 'Whom it concerns; `undefined`: nobody, or nobody known.',
  address: 'Of the client, in full: what is kept of it, the privacy options say.',
  reason: 'Why. For an `EndReason` see [end reasons](end-reasons.md).',
  count: 'How many.',
  methods: 'How the person proved who they are, such as `pwd` (RFC 8176).',
  by: 'Who lifted the wait: an administrator, or whoever holds an unlock token.',
  kind: 'What looks odd.',
  guard: 'Which guard.',
  code: 'The code that was answered, or would have been: see [errors](errors.md).',
  method: 'Of the request.',
  isEnforced: '`false`: it was only reported.',
  signals: 'What differs from before.',
  answer: 'What follows.',
  actor: 'Who did it, or who acts for the subject.',
  act: 'What they did, as a word such as `user.disabled`.',
  how: '`rotated` is the usual way; the others say that an answer was lost on the way.',
  purpose: 'What for, in the words of the application.',
  key: 'The key of the data.',
  operation: 'The verb of the store.',
  message: 'What happened, in words without a credential.',
  state: '`open`: the store is not asked.',
  shard: 'A node of a cluster; `undefined`: the store as one.',
  sessions: 'Sessions that are being ended again.',
  subjects: 'Subjects whose sessions are being ended again.',
  policy: 'What becomes of sessions it does not know.',
  isApart: '`true`: over a minute apart.',
})

/** The page of everything that `sojourn.on` can hear. */
export function events() {
  const { node } = declarationOf(FILE, 'SojournEvents') ?? {}
  const sections = fieldsOf(node).map(section)
  return [
    head(
      'Events',
      `${code(FILE)}`,
      "Facts in the past tense, told after the work is done: `sojourn.on('session.ended', ({ id, reason }) => …)`; calling what it answers stops it. A listener can neither delay nor fail a request. No credential is ever in an event. What of this is kept: [the audit trail](audit-events.md); what is counted: [metrics](metrics.md).",
    ),
    ...sections,
  ].join('\n\n')
}

/** @param {import('./syntax.mjs').Field} event */
function section({ name, text, node }) {
  const literal = ts.isPropertySignature(node) ? node.type : undefined
  const members = literal !== undefined && ts.isTypeLiteralNode(literal) ? literal.members : []
  const rows = members.flatMap((member) => {
    if (!ts.isPropertySignature(member)) return []
    const field = member.name.getText()
    const isOptional = member.questionToken === undefined ? '' : ' (if known)'
    const meaning = docOf(member) || (ALIKE[field] ?? '')
    return [[code(field), code(typeText(member.type)) + isOptional, meaning]]
  })
  const title = `## ${code(name.slice(1, -1))}`
  return [title, text, table(['field', 'type', 'meaning'], rows)].join('\n\n')
}

/** The page of the reasons for which a session can have ended. */
export function endReasons() {
  const value = valueOf('library/src/store/end-reason.ts', 'END_REASONS')
  if (!ts.isArrayLiteralExpression(value)) throw new Error('END_REASONS is a list')
  const actors = valueOf('library/src/store/end-reason.ts', 'ACTORS')
  if (!ts.isObjectLiteralExpression(actors)) throw new Error('ACTORS is a record')
  const actorOf = new Map(
    actors.properties
      .filter(ts.isPropertyAssignment)
      .map(({ name, initializer }) => [name.getText(), initializer.getText().slice(1, -1)]),
  )
  const rows = value.elements.map((element) => {
    const reason = element.getText().slice(1, -1)
    return [code(reason), code(actorOf.get(reason) ?? ''), commentBefore(element)]
  })
  return [
    head(
      'End reasons',
      '`library/src/store/end-reason.ts`',
      'Every session that ends has one. It is told to whoever still presents that session (`reason` of the 401 with the code `session_ended`, and of the challenge), in the event `session.ended`, in the audit trail and in `sojourn_sessions_ended_total`; to nobody else. `req.session.endReason` and `endedAt` say why and when, `endActor(reason)` who did it: the `holder` with that session, its `person` with another one, an `administrator`, or the `service` by itself.',
    ),
    table(['reason', 'by', 'what happened'], rows),
  ].join('\n\n')
}
