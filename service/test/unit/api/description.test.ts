import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Validator } from '@seriousme/openapi-schema-validator'
import Ajv from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { oas31 } from 'zod-openapi'
import { ROOT } from '../../../../tools/workspace/places.mjs'
import { CHAPTERS, describeApi, EVERYTHING, PROBLEMS } from '../../../src/api/index.js'
import { operationsOf, resolved } from '../../../src/api/listing.js'
import { takenBy } from '../../../src/api/refusals.js'
import { SCRIPTS, toPostman, toShell, WALKS } from '../../../src/api/walk/index.js'
import { validate } from '../../../src/http/validate.js'
import { renderReference } from '../../../src/page/reference/index.js'
import { shell } from '../cli/support.js'
import { tagsOf } from '../page/markup.js'

const description = describeApi(EVERYTHING)
const operations = operationsOf(description)
const ajv = new Ajv.default({ strict: false })
addFormats.default(ajv)
ajv.addSchema(description, 'api')
const escaped = (name: string): string =>
  encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'))
const shipped = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

/** What a schema inside the description says against a value. */
function faults(pointer: string, value: unknown): string | undefined {
  const validator = ajv.compile({ $ref: `api#/${pointer}` })
  return validator(value) ? undefined : ajv.errorsText(validator.errors)
}

describe('the description', () => {
  it('is valid OpenAPI 3.1', async () => {
    expect(description.openapi).toBe('3.1.0')
    expect(await new Validator().validate(structuredClone(description) as never)).toEqual({
      valid: true,
    })
  })

  it('names every operation once, says what it is for, and gives an example of all JSON that is sent', () => {
    const ids = operations.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const { id, tag, operation } of operations) {
      expect([id, id, tag]).toEqual([
        id,
        expect.stringMatching(/^[a-z][a-zA-Z]+$/),
        expect.any(String),
      ])
      expect([id, operation.summary]).toEqual([id, expect.stringMatching(/^[A-Z].{3,60}$/)])
    }
    const examples = examplesOf()
    expect(examples.length).toBeGreaterThan(operations.length)
    for (const { pointer, example, isNeeded } of examples) {
      if (isNeeded) expect([pointer, example]).not.toEqual([pointer, undefined])
    }
  })

  it('has no example that its own schema refuses', () => {
    const wrong = examplesOf()
      .filter(({ example }) => example !== undefined)
      .map(({ pointer, example }) => [pointer, faults(`${pointer}/schema`, example)])
    expect(wrong.filter(([, fault]) => fault !== undefined)).toEqual([])
  })

  it('tells of a challenge in every 401, and of a wait in every 429 and 503 that is a problem', () => {
    for (const { id, operation } of operations) {
      for (const [status, response] of Object.entries(operation.responses ?? {})) {
        const { headers = {}, content = {} } = resolved<oas31.ResponseObject>(
          description,
          response as oas31.ResponseObject,
        )
        const name = { 401: 'WWW-Authenticate', 429: 'Retry-After', 503: 'Retry-After' }[status]
        const isProblem = Object.hasOwn(content, 'application/problem+json')
        if (name === undefined || !isProblem) continue
        expect([id, status, headers[name]]).toMatchObject([id, status, { required: true }])
      }
    }
  })

  it('refuses no body that its route takes: both are one schema', () => {
    const words = fc.constantFrom(
      'ada',
      'ada@example.com',
      '',
      'x'.repeat(300),
      'token',
      'on',
      '7d',
    )
    const value = fc.oneof(words, fc.string(), fc.boolean(), fc.integer(), fc.array(words))
    for (const { pointer, schema, names } of bodies()) {
      const compiled = ajv.compile({ $ref: `api#/${pointer}` })
      const body = fc.dictionary(fc.constantFrom(...names, 'extra'), value, {
        noNullPrototype: true,
      })
      const accepted = { routes: 0, both: 0 }
      fc.assert(
        fc.property(body, (given) => {
          const isTaken = takes(() => validate(schema, given))
          accepted.routes += Number(isTaken)
          accepted.both += Number(isTaken && compiled(given))
        }),
        { numRuns: 60, seed: 7 },
      )
      expect([pointer, accepted.both]).toEqual([pointer, accepted.routes])
    }
  })

  it('takes no field with another name, type or length than the route does', () => {
    const body = 'paths/~1login/post/requestBody/content/application~1json/schema'
    const good = { username: 'ada', password: 'x', remember: true, deliver: 'token' }
    expect(faults(body, good)).toBeUndefined()
    const bad = [
      { password: 'x' },
      { ...good, extra: 1 },
      { ...good, remember: 'on' },
      { ...good, deliver: 'pigeon' },
      { username: 'ada' },
    ]
    for (const one of bad) expect([one, faults(body, one)]).not.toEqual([one, undefined])
    const form = body.replace('application~1json', 'application~1x-www-form-urlencoded')
    expect(faults(form, { username: 'ada', password: 'x', remember: 'on', _csrf: 't' })).toBe(
      undefined,
    )
    expect(faults(form, { username: 'ada', password: 'x', remember: true })).toBeDefined()
    const query = operations.find(({ id }) => id === 'findUsers')?.operation.parameters
    expect(query).toContainEqual({
      ...{ in: 'query', name: 'limit' },
      schema: { type: 'integer', minimum: 1, maximum: 100 },
    })
    expect(query).toContainEqual({
      ...{ in: 'query', name: 'q' },
      schema: { type: 'string', maxLength: 254 },
    })
  })

  it('leaves out what a service does not have', () => {
    const less = describeApi({ ...EVERYTHING, hasAdmin: false, hasMetrics: false })
    const paths = Object.keys(less.paths ?? {})
    expect(paths.filter((path) => /^\/(?:admin|metrics)/.test(path))).toEqual([])
    const missing = operations.filter(({ path }) => !paths.includes(path)).map(({ path }) => path)
    const isTheirs = (path: string) => /^\/(?:admin|impersonation|metrics)(?:\/|$)/.test(path)
    expect(missing.every(isTheirs)).toBe(true)
    expect(less.tags?.map(({ name }) => name)).not.toContain('Administration')
  })
})

describe('what is made of it', () => {
  it('is shipped as it is made: the description, the collection, the walks by curl', () => {
    const again = 'Make it anew: see docs/guide/api.md.'
    expect(JSON.parse(shipped('docs/reference/openapi.json')), again).toEqual(
      JSON.parse(JSON.stringify(description)),
    )
    expect(JSON.parse(shipped('examples/postman/sojourn.postman_collection.json')), again).toEqual(
      toPostman(description),
    )
    for (const [name, walks] of Object.entries(SCRIPTS)) {
      expect(shipped(`examples/curl/${name}`), again).toBe(toShell(name, walks, description))
    }
  })

  it('is printed by the command', async () => {
    const { call } = shell()
    const { code, out } = await call(['api'])
    expect([code, JSON.parse(out)]).toEqual([0, JSON.parse(JSON.stringify(description))])
    const collection = await call(['api', 'postman', '--at', 'https://app.example/'])
    expect(JSON.parse(collection.out).variable).toContainEqual({
      key: 'baseUrl',
      value: 'https://app.example',
    })
    const script = await call(['api', 'walk.sh', '--at', 'https://app.example'])
    expect(script.out).toContain('at=${1:-https://app.example}')
    expect((await call(['api', 'pigeon'])).code).toBe(2)
  })

  it('S1-12: begins with the three steps, and leaves out no operation', () => {
    const [first] = WALKS
    expect(first?.steps.map(({ call }) => call)).toEqual(['register', 'signIn', 'showDashboard'])
    const called = new Set(WALKS.flatMap(({ steps }) => steps.map(({ call }) => call)))
    const left = operations.filter(({ id }) => !called.has(id)).map(({ id }) => id)
    // A stream goes on until somebody leaves; the name of an asset is another one with each version of the file.
    expect(left).toEqual(['followSession', 'getAsset'])
  })
})

describe('the page', () => {
  const html = renderReference(description)
  const tags = tagsOf(html)
  const all = (key: string): readonly string[] =>
    tags.flatMap(({ attributes }) => attributes[key] ?? [])

  it('has a place for every operation with its curl line, and for every code', () => {
    const ids = all('id')
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids).toEqual(expect.arrayContaining(operations.map(({ id }) => id)))
    expect(ids).toEqual(expect.arrayContaining(Object.keys(PROBLEMS).map((code) => `code-${code}`)))
    const lines = html.match(/<pre class="curl"><code>curl /g) ?? []
    expect(lines).toHaveLength(operations.length)
    const links = all('href').filter((href) => href.startsWith('#'))
    expect(links.length).toBeGreaterThan(operations.length * 2)
    expect(links.filter((link) => !ids.includes(link.slice(1)))).toEqual([])
  })

  it('loads nothing from elsewhere, runs nothing, and shows no mark-up of its own texts', () => {
    expect(all('src')).toEqual([])
    expect(all('href').filter((href) => !/^(?:#|\/(?!\/))/.test(href))).toEqual([])
    expect(tags.filter(({ name }) => /^(?:script|style|iframe|form)$/.test(name))).toEqual([])
    expect(all('style')).toEqual([])
    expect(html.replace(/<pre.*?<\/pre>/gs, '')).not.toContain('`')
  })
})

function takes(act: () => unknown): boolean {
  try {
    act()
    return true
  } catch {
    return false
  }
}

/** Every place for an example, and whether there has to be one. */
function examplesOf() {
  return operations.flatMap(({ id, path, method, operation }) => {
    const base = `paths/${escaped(path)}/${method.toLowerCase()}`
    const body = operation.requestBody as oas31.RequestBodyObject | undefined
    const contents = [
      ...(body === undefined
        ? []
        : [{ at: `${base}/requestBody`, content: body.content, isNeeded: body.required === true }]),
      ...Object.entries(operation.responses ?? {}).flatMap(([status, response]) => {
        if (Number(status) >= 400 || '$ref' in (response as object)) return []
        const { content = {} } = response as oas31.ResponseObject
        return [{ at: `${base}/responses/${status}`, content, isNeeded: true }]
      }),
    ]
    return contents.flatMap(({ at, content, isNeeded }) =>
      Object.entries(content)
        .filter(([type]) => /\bjson$/.test(type))
        .map(([type, { example }]) => ({
          id,
          pointer: `${at}/content/${escaped(type)}`,
          example: example as unknown,
          isNeeded,
        })),
    )
  })
}

/** The bodies in JSON, with the schemas that their routes hold them against. */
function bodies() {
  return CHAPTERS.flatMap(({ paths }) =>
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, operation]) => {
        const taken = takenBy(operation)
        if (taken === undefined) return []
        const [type = ''] = taken.types
        const content = `paths/${escaped(path)}/${method}/requestBody/content/${escaped(type)}`
        const shape = 'shape' in taken.schema ? Object.keys(taken.schema.shape as object) : []
        return [{ pointer: `${content}/schema`, schema: taken.schema, names: [...shape, 'any'] }]
      }),
    ),
  )
}
