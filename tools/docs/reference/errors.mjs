import ts from 'typescript'
import { advised } from './advice.mjs'
import { commentBefore, declarationOf, docOf, objectOf } from './syntax.mjs'
import { code, head, table } from './table.mjs'

/**
 * The page of all stable codes: those that the service answers, those that the library throws, those that refuse a
 * configuration.
 *
 * @param {import('./routes.mjs').Description} description
 */
export function errors(description) {
  return [
    head(
      'Errors and codes',
      '`library/src/errors.ts`, `service/src/api` and `service/src/config/refusal.ts`',
      'Codes are stable: switch on them, never on words. Answers of the service are `application/problem+json` (RFC 9457) with `code`, `status`, `detail`, and often `field` or `reason` (one of the [end reasons](end-reasons.md)).',
    ),
    '## Answers of the service',
    table(['code', 'status', 'what it means', 'what to do'], answers(description)),
    'A 500 has the code `internal`: a fault of the service. The log says more.',
    '## Errors of the library',
    'Thrown as `SojournError`, with `code` and `status`. Expected outcomes (no session, an ended one) are values and no errors. `StoreUnavailable`, `InvalidOption` and `InvalidInput` are classes of their own.',
    table(['code', 'status', 'what it means', 'what to do'], thrown()),
    '## Refused settings',
    'The service does not start (exit code 78), and says each mistake on a line of its own, with the name of the [variable](variables.md). What is a warning, it only logs.',
    table(['code', 'what it means'], settings()),
    '## Answers of a verifier',
    'What `sojourn/verify` says of an access token it refuses. 503 where the fault is not the token’s: `keys_unavailable`, `revocations_stale`; else 401.',
    table(['code', 'what it means'], verified()),
    '## Of the drop-ins',
    'They keep the errors of what they replace: `EBADCSRFTOKEN` (403) of csurf; `ValidationError`, `AuthError`, `TokenError` and `RedisError` of jwt-redis-sessions.',
  ].join('\n\n')
}

/** Codes that no route in particular answers. */
const OF_NO_ROUTE = /** @type {Readonly<Record<string, readonly string[]>>} */ ({
  method_not_allowed: ['405'],
  insufficient_scope: ['403'],
  unavailable: ['503'],
})

/** @param {import('./routes.mjs').Description} description */
function answers(description) {
  const statuses = statusesOf(description)
  const meanings = objectOf('service/src/api/problems.ts', 'PROBLEMS').properties
  return meanings.filter(ts.isPropertyAssignment).map((property) => {
    const name = property.name.getText()
    const found = [...(statuses.get(name) ?? OF_NO_ROUTE[name] ?? [])].sort()
    const meaning = textOf(property.initializer)
    return [code(name), found.join(', '), meaning, advised(name, found[0])]
  })
}

function thrown() {
  return objectOf('library/src/errors.ts', 'ERROR_STATUS')
    .properties.filter(ts.isPropertyAssignment)
    .map((property) => {
      const name = property.name.getText()
      const status = property.initializer.getText()
      return [code(name), status, docOf(property), advised(name, status)]
    })
}

function verified() {
  const all = [
    ...objectOf('library/src/credential/jwt/token-problem.ts', 'MESSAGES').properties,
    ...objectOf('library/src/verify/verifier.ts', 'VERIFY_MESSAGES').properties,
  ]
  return all
    .filter(ts.isPropertyAssignment)
    .map((property) => [code(property.name.getText()), textOf(property.initializer)])
}

function settings() {
  const { node } = declarationOf('service/src/config/refusal.ts', 'ConfigCode') ?? {}
  if (node === undefined || !ts.isTypeAliasDeclaration(node) || !ts.isUnionTypeNode(node.type)) {
    throw new Error('ConfigCode is a union of texts')
  }
  return node.type.types.map((type) => [code(type.getText().slice(1, -1)), commentBefore(type)])
}

/** @param {ts.Expression} node */
function textOf(node) {
  return ts.isStringLiteralLike(node) ? node.text : node.getText()
}

/**
 * The statuses with which each code is answered.
 *
 * @param {import('./routes.mjs').Description} description
 * @returns {Map<string, Set<string>>}
 */
function statusesOf(description) {
  /** @type {Map<string, Set<string>>} */
  const statuses = new Map()
  const look = (/** @type {unknown} */ part) => {
    if (typeof part !== 'object' || part === null) return
    const { code: one, status } =
      /** @type {Record<string, { enum?: string[], const?: string }>} */ (part)
    for (const word of one?.enum ?? (one?.const === undefined ? [] : [one.const])) {
      if (status?.const === undefined) continue
      statuses.set(word, (statuses.get(word) ?? new Set()).add(String(status.const)))
    }
    for (const inner of Object.values(part)) look(inner)
  }
  look(description)
  return statuses
}
