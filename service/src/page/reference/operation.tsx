import type { JSX } from 'preact'
import type { oas31 } from 'zod-openapi'
import { curlOf } from '../../api/curl.js'
import { exampleOf, resolved, type Listed } from '../../api/listing.js'
import { Inputs } from './inputs.js'
import { Inline, Prose } from './prose.js'

const words = {
  anybody: 'For anybody.',
  welcome: (schemes: string): string => `For anybody. A ${schemes} is welcome.`,
  only: (schemes: string): string => `Needs a ${schemes}.`,
  or: ' or ',
  refusals: (statuses: string): string => `Refusals: ${statuses}`,
  answer: 'For example',
}

/** In words, by the name of the security scheme. */
const WHO: Readonly<Record<string, string>> = {
  cookie: 'session cookie',
  bearer: 'access token',
  refreshToken: 'refresh token',
  client: 'client of OAUTH_CLIENTS',
  adminToken: 'ADMIN_TOKEN',
  metricsToken: 'METRICS_TOKEN',
}

interface OperationProps {
  readonly listed: Listed
  readonly description: oas31.OpenAPIObject
}

/** One operation: what it is for, what it takes, how to ask, what it answers. */
export function OperationCard({ listed, description }: OperationProps): JSX.Element {
  const { id, method, path, operation } = listed
  const address = description.servers?.[0]?.url ?? ''
  return (
    <article class="card operation" id={id} aria-labelledby={`${id}-title`}>
      <h3 id={`${id}-title`}>{operation.summary}</h3>
      <p class="address">
        <span class={`method method-${method.toLowerCase()}`}>{method}</span> <code>{path}</code>
      </p>
      {operation.description === undefined ? null : <Prose text={operation.description} />}
      <p class="soft small">{whoOf(operation)}</p>
      <Inputs operation={operation} description={description} />
      <pre class="curl">
        <code>{curlOf(listed, address)}</code>
      </pre>
      <Answers operation={operation} description={description} />
    </article>
  )
}

function whoOf({ security = [] }: oas31.OperationObject): string {
  const names = security.flatMap((one) => Object.keys(one).map((name) => WHO[name] ?? name))
  const schemes = names.join(words.or)
  const isOpen = security.length === 0 || security.some((one) => Object.keys(one).length === 0)
  if (!isOpen) return words.only(schemes)
  return schemes === '' ? words.anybody : words.welcome(schemes)
}

interface PartProps {
  readonly operation: oas31.OperationObject
  readonly description: oas31.OpenAPIObject
}

function Answers({ operation, description }: PartProps): JSX.Element {
  const all = Object.entries(operation.responses ?? {}).map(([status, response]) => ({
    status,
    response: resolved<oas31.ResponseObject>(description, response as oas31.ResponseObject),
  }))
  const refusals = all.filter(({ status }) => Number(status) >= 400)
  const statuses = refusals.map(({ status }) => status).join(' ')
  return (
    <>
      {all
        .filter(({ status }) => Number(status) < 400)
        .map(({ status, response }) => (
          <Success key={status} status={status} response={response} />
        ))}
      <details>
        <summary>{words.refusals(statuses)}</summary>
        <dl class="refusals">
          {refusals.map(({ status, response }) => (
            <div key={status}>
              <dt>{status}</dt>
              <dd>
                <Inline text={response.description} /> {codesOf(response).map(linked)}
              </dd>
            </div>
          ))}
        </dl>
      </details>
    </>
  )
}

interface SuccessProps {
  readonly status: string
  readonly response: oas31.ResponseObject
}

function Success({ status, response }: SuccessProps): JSX.Element {
  const example = exampleOf(response.content)
  const types = Object.keys(response.content ?? {}).join(', ')
  return (
    <div class="answer">
      <p>
        <strong>{status}</strong> <Inline text={response.description} />{' '}
        <span class="soft small">{types}</span>
      </p>
      {example === undefined ? null : (
        <pre aria-label={words.answer}>
          <code>{JSON.stringify(example, null, 2)}</code>
        </pre>
      )}
    </div>
  )
}

function linked(code: string): (string | JSX.Element)[] {
  return [
    <a key={code} href={`#code-${code}`}>
      <code>{code}</code>
    </a>,
    ' ',
  ]
}

interface Narrowed {
  readonly allOf?: readonly {
    readonly properties?: { readonly code?: { readonly enum?: string[] } }
  }[]
}

/** The codes of a problem, as its schema narrows them. */
function codesOf({ content = {} }: oas31.ResponseObject): readonly string[] {
  const { allOf = [] } = (content['application/problem+json']?.schema ?? {}) as Narrowed
  return allOf.flatMap(({ properties }) => properties?.code?.enum ?? [])
}
