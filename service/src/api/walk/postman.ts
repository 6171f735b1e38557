import type { oas31 } from 'zod-openapi'
import { requestsOf, type StepRequest } from './request.js'
import { VARIABLES, type Step, type Walk } from './step.js'
import { WALKS } from './walks.js'

const ABOUT =
  'Every route of the service, in the order of a stay: run the whole collection. For Postman and Insomnia (Import). Made from the description of the API: `sojourn api postman`.'

/** The walks as a collection (version 2.1 of the format). */
export function toPostman(description: oas31.OpenAPIObject): object {
  const requestOf = requestsOf(description)
  return {
    info: {
      name: 'sojourn',
      description: ABOUT,
      schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json',
    },
    variable: [
      { key: 'baseUrl', value: description.servers?.[0]?.url ?? '' },
      ...Object.entries(VARIABLES).map(([key, value]) => ({ key, value })),
    ],
    item: WALKS.map((walk) => toFolder(walk, requestOf)),
  }
}

function toFolder(walk: Walk, requestOf: (step: Step) => StepRequest): object {
  const { name, about: description, needs, steps } = walk
  const skip = `if (!pm.variables.get('${needs ?? ''}')) pm.execution.skipRequest()`
  return {
    name,
    description,
    item: steps.map((step) => toItem(step, requestOf(step))),
    ...(needs === undefined ? {} : { event: [script('prerequest', [skip])] }),
  }
}

function toItem(step: Step, { method, path, body }: StepRequest): object {
  return {
    name: step.says,
    event: [
      ...(step.isNewPerson === true ? [script('prerequest', [NEW_PERSON])] : []),
      script('test', testsOf(step)),
    ],
    protocolProfileBehavior: { followRedirects: false, disableCookies: step.by !== undefined },
    request: {
      method,
      header: headersOf(step),
      url: urlOf(path),
      ...(body === undefined
        ? {}
        : {
            body: {
              mode: 'raw',
              raw: JSON.stringify(body),
              options: { raw: { language: 'json' } },
            },
          }),
    },
  }
}

function urlOf(target: string): object {
  const [path = '', query] = target.split('?')
  const parameters = [...new URLSearchParams(query)].map(([key, value]) => ({ key, value }))
  return {
    ...{ raw: `{{baseUrl}}${target}`, host: ['{{baseUrl}}'], path: path.split('/').slice(1) },
    ...(parameters.length === 0 ? {} : { query: parameters }),
  }
}

const NEW_PERSON = "pm.collectionVariables.set('username', `walker-${Date.now()}`)"

function headersOf({ by, isPage }: Step): object[] {
  const token = by === undefined || by === 'nobody' ? undefined : by
  const accept = { key: 'Accept', value: isPage === true ? 'text/html' : 'application/json' }
  return [
    accept,
    ...(token === undefined ? [] : [{ key: 'Authorization', value: `Bearer {{${token}}}` }]),
  ]
}

function testsOf({ status, keeps = {}, tells }: Step): string[] {
  const code = String(status)
  return [
    `pm.test('answers ${code}', () => pm.response.to.have.status(${code}))`,
    ...(tells === undefined
      ? []
      : [
          `const told = pm.variables.replaceIn(${JSON.stringify(tells)})`,
          "pm.test('tells ' + told, () => pm.expect(pm.response.text()).to.include(told))",
        ]),
    ...Object.entries(keeps).map(
      ([name, at]) =>
        `pm.collectionVariables.set('${name}', pm.response.json()${at.split('.').map(member).join('')})`,
    ),
  ]
}

function member(name: string): string {
  return /^\d+$/.test(name) ? `[${name}]` : `.${name}`
}

function script(listen: 'prerequest' | 'test', exec: readonly string[]): object {
  return { listen, script: { type: 'text/javascript', exec } }
}
