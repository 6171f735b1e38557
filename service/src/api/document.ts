import {
  createDocument,
  type oas31,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponseObject,
} from 'zod-openapi'
import { VERSION } from '../version.js'
import { CHAPTERS } from './chapters.js'
import type { Chapter, Method, Operation } from './operation.js'
import { createProblemAnswers, type ProblemAnswers } from './problem-answers.js'
import { refusalsOf } from './refusals.js'
import { requestBodyOf } from './request-body.js'
import { SECURITY, securitySchemes } from './security.js'

/** What differs between two services. */
export interface ApiFacts {
  /** Where people reach it, without a slash at the end. */
  readonly address: string
  /** Of the session cookie; `undefined`: the library makes one. */
  readonly cookieName: string | undefined
  /** Whether ADMIN_TOKEN is set. */
  readonly hasAdmin: boolean
  /** Whether the metrics are on the public port. */
  readonly hasMetrics: boolean
}

/** A service on this machine with everything switched on: of it are the files that are shipped. */
export const EVERYTHING: ApiFacts = {
  address: 'http://localhost:3000',
  cookieName: undefined,
  hasAdmin: true,
  hasMetrics: true,
}

export type Description = oas31.OpenAPIObject

const ABOUT = `Sessions and tokens over HTTP. A browser (\`Accept: text/html\`) gets pages and redirects, everybody else JSON.

Errors are \`application/problem+json\` (RFC 9457): switch on \`code\`. Every 401 has a \`WWW-Authenticate\` header, and says in \`reason\` why a session that was shown is over. 429 and 503 have \`Retry-After\`. A 503 says nothing about whether you are signed in.

Each GET answers HEAD as well. A method that an address does not have is 405, with \`Allow\`. A request that changes something and carries a cookie has to come from a page of the service (\`Sec-Fetch-Site\`, \`Origin\`), be JSON, or show a CSRF token.`

/** The whole description, as the service of these facts answers. Takes some 30 ms: keep it. */
export function describeApi(facts: ApiFacts): Description {
  const chapters = CHAPTERS.map((chapter) => shownTo(chapter, facts)).filter(
    ({ paths }) => Object.keys(paths).length > 0,
  )
  const problems = createProblemAnswers()
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'sojourn',
      version: VERSION,
      description: ABOUT,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: facts.address }],
    tags: chapters.map(({ name, about }) => ({ name, description: about })),
    paths: Object.assign(
      {},
      ...chapters.map((one) => toPaths(one, problems)),
    ) as ZodOpenApiPathsObject,
    components: {
      securitySchemes: securitySchemes(facts.cookieName ?? '__Host-sid'),
      parameters: { CsrfToken: CSRF_HEADER },
    },
  })
}

const CSRF_HEADER = {
  name: 'X-CSRF-Token',
  in: 'header',
  description:
    'The token of `GET /csrf`, where a client sends no `Sec-Fetch-Site` and no `Origin`.',
  schema: { type: 'string' },
} as const

const ADMINISTRATION = /^\/(?:admin(?:\/|$)|impersonation\/)/

function shownTo(chapter: Chapter, { hasAdmin, hasMetrics }: ApiFacts): Chapter {
  const isThere = (path: string): boolean =>
    (hasAdmin || !ADMINISTRATION.test(path)) && (hasMetrics || path !== '/metrics')
  const paths = Object.entries(chapter.paths).filter(([path]) => isThere(path))
  return { ...chapter, paths: Object.fromEntries(paths) }
}

function toPaths({ name, paths }: Chapter, problems: ProblemAnswers): ZodOpenApiPathsObject {
  const items = Object.entries(paths).map(([path, methods]) => {
    const operations = Object.entries(methods) as [Method, Operation][]
    const described = operations.map(([method, one]) => {
      const responses = responsesOf(one, method, problems)
      return [method, { ...toOperation(one, method), tags: [name], responses }] as const
    })
    return [path, Object.fromEntries(described)]
  })
  return Object.fromEntries(items) as ZodOpenApiPathsObject
}

function toOperation(
  operation: Operation,
  method: Method,
): Omit<ZodOpenApiOperationObject, 'responses'> {
  const { id, summary, about, query, path, who } = operation
  const requestBody = requestBodyOf(operation)
  const isChecked = method !== 'get' && who !== 'machine'
  return {
    operationId: id,
    summary,
    ...(about === undefined ? {} : { description: about }),
    security: securityOf(operation),
    requestParams: {
      ...(query === undefined ? {} : { query }),
      ...(path === undefined ? {} : { path }),
    },
    ...(isChecked ? { parameters: [{ $ref: '#/components/parameters/CsrfToken' }] } : {}),
    ...(requestBody === undefined ? {} : { requestBody }),
  }
}

function securityOf({ id, who }: Operation): oas31.SecurityRequirementObject[] {
  const own = id.startsWith('refresh') ? [{ refreshToken: [] }] : []
  return [...own, ...SECURITY[who]]
}

function responsesOf(
  operation: Operation,
  method: Method,
  problems: ProblemAnswers,
): Record<`4${string}`, ZodOpenApiResponseObject> {
  const refusals = refusalsOf(operation, method)
  const responses: Record<string, ZodOpenApiResponseObject> = {}
  for (const [status, answer] of Object.entries(operation.answers)) {
    if (answer !== undefined && answer.codes === undefined) {
      responses[status] = answer as ZodOpenApiResponseObject
    }
  }
  for (const [status, codes] of refusals) {
    const own = operation.answers[status]
    // What is no problem (the readiness of `/health/ready`) says so itself.
    if (own !== undefined && own.codes === undefined) continue
    responses[String(status)] = problems(status, codes, own?.description)
  }
  return responses
}
