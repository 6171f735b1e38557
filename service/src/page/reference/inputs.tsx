import type { JSX } from 'preact'
import type { oas31 } from 'zod-openapi'
import { resolved } from '../../api/listing.js'
import { Prose } from './prose.js'

const words = { takes: 'Takes', path: 'path', query: 'query', body: 'body', header: 'header' }

interface Input {
  readonly name: string
  readonly where: string
  readonly isRequired: boolean
  readonly schema: oas31.SchemaObject
}

interface InputsProps {
  readonly operation: oas31.OperationObject
  readonly description: oas31.OpenAPIObject
}

/** What an operation takes, by name: in its path, its query and its body. */
export function Inputs({ operation, description }: InputsProps): JSX.Element | null {
  const inputs = [...parametersOf(operation, description), ...fieldsOf(operation, description)]
  if (inputs.length === 0) return null
  return (
    <dl class="inputs" aria-label={words.takes}>
      {inputs.map(({ name, where, isRequired, schema }) => (
        <div key={`${where}${name}`}>
          <dt>
            <code>{name}</code>
            <span class="soft small">
              {' '}
              {where}
              {isRequired ? ', needed' : ''}
            </span>
          </dt>
          <dd>
            <Prose text={ruleOf(schema)} />
          </dd>
        </div>
      ))}
    </dl>
  )
}

function parametersOf(
  { parameters = [] }: oas31.OperationObject,
  description: oas31.OpenAPIObject,
): Input[] {
  return parameters
    .filter((one): one is oas31.ParameterObject => !('$ref' in one))
    .map(({ name, in: where, required = false, schema = {} }) => ({
      name,
      where,
      isRequired: required,
      schema: resolved<oas31.SchemaObject>(description, schema),
    }))
}

function fieldsOf(operation: oas31.OperationObject, description: oas31.OpenAPIObject): Input[] {
  const body = operation.requestBody as oas31.RequestBodyObject | undefined
  const [content] = Object.values(body?.content ?? {})
  const schema = resolved<oas31.SchemaObject>(description, content?.schema ?? {})
  const { properties = {}, required = [] } = schema
  return Object.entries(properties).map(([name, field]) => ({
    name,
    where: words.body,
    isRequired: required.includes(name),
    schema: resolved<oas31.SchemaObject>(description, field),
  }))
}

/** What a field must be, in few words. */
function ruleOf(schema: oas31.SchemaObject): string {
  const { type, enum: values, description, minimum, maximum, maxLength } = schema
  const parts = [
    values === undefined ? typeWords(type) : values.map((one) => `\`${String(one)}\``).join(', '),
    minimum === undefined ? undefined : `${String(minimum)} to ${String(maximum)}`,
    maxLength === undefined ? undefined : `at most ${String(maxLength)} characters`,
    description,
  ]
  return parts.filter((part) => part !== undefined && part !== '').join(': ')
}

function typeWords(type: oas31.SchemaObject['type']): string | undefined {
  return Array.isArray(type) ? type.join(' or ') : type
}
