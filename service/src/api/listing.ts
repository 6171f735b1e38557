/** Reads a finished description: what makes something of it (page, collection, walk) asks here. */
import type { oas31 } from 'zod-openapi'

/** An operation, and where it is. */
export interface Listed {
  readonly id: string
  readonly method: string
  readonly path: string
  readonly tag: string
  readonly operation: oas31.OperationObject
}

const METHODS = ['get', 'post', 'patch', 'delete'] as const

/** Every operation, in the order of the description. */
export function operationsOf({ paths = {} }: oas31.OpenAPIObject): readonly Listed[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method]
      if (operation === undefined) return []
      const { operationId: id = '', tags = [] } = operation
      return [{ id, method: method.toUpperCase(), path, tag: tags[0] ?? '', operation }]
    }),
  )
}

/** What a `$ref` into the components names; anything else as it is. */
export function resolved<Part extends object>(
  description: oas31.OpenAPIObject,
  part: Part | oas31.ReferenceObject,
): Part {
  if (!('$ref' in part) || typeof part.$ref !== 'string') return part as Part
  const names = part.$ref.replace(/^#\//, '').split('/')
  let found: unknown = description
  for (const name of names) found = (found as Readonly<Record<string, unknown>>)[name]
  return found as Part
}

/** The example of a JSON body. */
export function exampleOf(content: oas31.ContentObject = {}): unknown {
  return Object.entries(content).find(([type]) => /\bjson$/.test(type))?.[1].example
}
