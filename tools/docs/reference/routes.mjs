import { code, codes, head, table } from './table.mjs'

/**
 * @typedef {object} Operation
 * @property {string} operationId
 * @property {string} summary
 * @property {string} [description]
 * @property {readonly string[]} tags
 * @property {readonly Readonly<Record<string, unknown>>[]} [security]
 * @property {Readonly<Record<string, unknown>>} responses
 */
/**
 * @typedef {object} Description
 * @property {readonly { name: string, description: string }[]} tags
 * @property {Readonly<Record<string, Readonly<Record<string, Operation>>>>} paths
 */

const WHO = /** @type {Readonly<Record<string, string>>} */ ({
  cookie: 'session cookie',
  bearer: 'access token',
  refreshToken: 'refresh token',
  client: 'client',
  adminToken: 'admin token',
  metricsToken: 'metrics token',
})

/**
 * The page of all routes of the service.
 *
 * @param {Description} description
 */
export function routes(description) {
  const all = Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )
  const chapters = description.tags.map(({ name, description: about }) => {
    const own = all.filter(({ operation }) => operation.tags[0] === name)
    return [`## ${name}`, about, table(['route', 'what', 'needs', 'answers'], own.map(row))].join(
      '\n\n',
    )
  })
  return [
    head(
      'Routes of the service',
      '[openapi.json](openapi.json)',
      'In short. Bodies, parameters, examples and all refusals of each are at `GET /docs` of a running service; see [the API, described](../guide/api.md). What the codes of refusals mean: [errors](errors.md).',
    ),
    ...chapters,
  ].join('\n\n')
}

/** @param {{ path: string, method: string, operation: Operation }} route */
function row({ path, method, operation }) {
  const { summary, security = [], responses } = operation
  return [
    code(`${method.toUpperCase()} ${path}`),
    `${summary}.`,
    needs(security),
    codes(Object.keys(responses)).replaceAll('`', ''),
  ]
}

/** @param {readonly Readonly<Record<string, unknown>>[]} security */
function needs(security) {
  const ways = security.map((one) =>
    Object.keys(one)
      .map((name) => WHO[name] ?? name)
      .join(' and '),
  )
  if (ways.length === 0) return 'nothing'
  const named = ways.filter((way) => way !== '').join(', or ')
  return ways.includes('') ? `nothing; ${named} if there is one` : named
}
