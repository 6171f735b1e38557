import type { oas31 } from 'zod-openapi'
import { exampleOf, operationsOf, type Listed } from '../listing.js'
import type { Step } from './step.js'

/** A step as it goes out. `{{name}}` stands for a variable still. */
export interface StepRequest {
  readonly method: string
  readonly path: string
  readonly body: unknown
}

/** Looks up what the steps call. */
export function requestsOf(description: oas31.OpenAPIObject): (step: Step) => StepRequest {
  const known = new Map(operationsOf(description).map((one) => [one.id, one]))
  return (step) => {
    const found = known.get(step.call)
    if (found === undefined) throw new Error(`There is no operation ${step.call}.`)
    const { method, path } = found
    const query = step.query === undefined ? '' : `?${step.query}`
    const target = `${path.replace(/\{\w+\}/, step.id ?? '')}${query}`
    return { method, path: target, body: bodyOf(step, found) }
  }
}

function bodyOf({ body, by }: Step, { operation }: Listed): unknown {
  // A refresh token that goes in the header would come twice.
  if (body !== undefined || by === 'refreshToken') return body
  const described = operation.requestBody as oas31.RequestBodyObject | undefined
  const isOptional = described?.required !== true
  return isOptional ? undefined : exampleOf(described.content)
}
