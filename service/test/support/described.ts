import { readFileSync } from 'node:fs'
import Ajv from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { ValidateFunction } from 'ajv/dist/2020.js'
import type { oas31 } from 'zod-openapi'
import { operationsOf, resolved } from '../../src/api/listing.js'
import { PROBLEMS } from '../../src/api/problems.js'
import type { Answer } from './client.js'

/**
 * Holds answers against the description of the API: every request of every test is one more look at it. To make the
 * description anew in each test file would take a second; a test of its own shows that the file is the description. A
 * schema is compiled when an answer first needs it.
 */
const FILE = new URL('../../../docs/reference/openapi.json', import.meta.url)
const DESCRIPTION = JSON.parse(readFileSync(FILE, 'utf8')) as oas31.OpenAPIObject

const ajv = new Ajv.default({ strict: false, validateFormats: true, allErrors: true })
addFormats.default(ajv)
ajv.addSchema(DESCRIPTION, 'api')

const operations = operationsOf(DESCRIPTION).map((one) => ({
  ...one,
  pattern: new RegExp(`^${one.path.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '[^/]+')}$`),
  // `/sessions/revoke-others` before `/sessions/{id}`.
  holes: one.path.split('{').length,
}))
operations.sort((one, other) => one.holes - other.holes)

/** What an answer has that the description does not say; nothing is well. */
export function undescribed(method: string, path: string, answer: Answer): string | undefined {
  const [pathname = ''] = path.split('?')
  const asked = method === 'HEAD' ? 'GET' : method
  const found = operations.find((one) => one.method === asked && one.pattern.test(pathname))
  const wrong =
    found === undefined
      ? elsewhere(answer)
      : compare(found.operation, pointerOf(found.path, found.method), method, answer)
  return wrong === undefined
    ? undefined
    : `${method} ${pathname} answered what is not described: ${wrong}\n${String(answer.status)} ${answer.text.slice(0, 500)}`
}

/** What is no operation is answered with a problem, or by OPTIONS with nothing. */
function elsewhere(answer: Answer): string | undefined {
  if (answer.status === 204 || answer.status === 308) return undefined
  if (answer.status < 400 || answer.status >= 500) return 'there is no such operation'
  return isPage(answer) || answer.text === '' ? undefined : problemOf(answer)
}

function compare(
  operation: oas31.OperationObject,
  pointer: string,
  method: string,
  answer: Answer,
): string | undefined {
  const { status } = answer
  const responses = (operation.responses ?? {}) as Readonly<
    Record<string, oas31.ResponseObject | oas31.ReferenceObject>
  >
  const response = responses[String(status)]
  if (response === undefined) return `the status ${String(status)}`
  const isReference = '$ref' in response
  const at = isReference ? String(response.$ref) : `${pointer}/responses/${String(status)}`
  const { headers = {}, content = {} } = resolved<oas31.ResponseObject>(DESCRIPTION, response)
  for (const [name, header] of Object.entries(headers)) {
    const isThere = answer.headers[name.toLowerCase()] !== undefined
    if ('required' in header && header.required === true && !isThere) return `no header ${name}`
  }
  const type = answer.headers['content-type']?.split(';')[0]
  if (method === 'HEAD' || answer.text === '') return undefined
  if (type === undefined || content[type] === undefined) return `the type ${type ?? 'none'}`
  if (!/\bjson$/.test(type)) return undefined
  return check(`api${at}/content/${escaped(type)}/schema`, answer)
}

function problemOf(answer: Answer): string | undefined {
  const wrong = check('api#/components/schemas/Problem', answer)
  if (wrong !== undefined) return wrong
  const { code } = answer.json<{ code: string }>()
  return Object.hasOwn(PROBLEMS, code) ? undefined : `the code ${code}`
}

function isPage({ headers }: Answer): boolean {
  return headers['content-type']?.startsWith('text/html') === true
}

const compiled = new Map<string, ValidateFunction>()

function check(reference: string, answer: Answer): string | undefined {
  const validate = compiled.get(reference) ?? ajv.compile({ $ref: reference })
  compiled.set(reference, validate)
  if (validate(answer.json())) return undefined
  return ajv.errorsText(validate.errors, { dataVar: 'the body' })
}

function pointerOf(path: string, method: string): string {
  return `#/paths/${escaped(path)}/${method.toLowerCase()}`
}

/** A name in a JSON pointer, in a fragment (RFC 6901 sections 3 and 6). */
function escaped(name: string): string {
  return encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'))
}
