/** How description files say what is answered. */
import { z } from 'zod'
import type { oas31 } from 'zod-openapi'
import type { Answer, Answers } from './operation.js'
import type { Code } from './problems.js'

const HTML = 'text/html'
const page = z.string().meta({ description: 'A page.' })

/** JSON. */
export function json(description: string, schema: z.ZodType, example: unknown): Answer {
  return { description, content: { 'application/json': { schema, example } } }
}

/** JSON, or a page for who asks for one. */
export function jsonOrPage(description: string, schema: z.ZodType, example: unknown): Answer {
  const answer = json(description, schema, example)
  return { ...answer, content: { ...answer.content, [HTML]: { schema: page } } }
}

/** A page, whatever is asked for. */
export function pageOnly(description: string): Answer {
  return { description, content: { [HTML]: { schema: page } } }
}

/** Text that is no JSON. */
export function textOf(description: string, type: string, example?: string): Answer {
  const schema = z.string()
  return {
    description,
    content: { [type]: example === undefined ? { schema } : { schema, example } },
  }
}

const location: oas31.HeaderObject = {
  description: 'Where to go on, on this host.',
  schema: { type: 'string' },
  required: true,
}

/** 303: what a browser gets instead. */
export function browsersGoTo(where: string): Answers {
  const description = `For browsers: ${where}.`
  const line = { schema: z.string() }
  const content = { 'text/html': line, 'text/plain': line }
  return { 303: { description, headers: { Location: location }, content } }
}

/** Refusals of its own. */
export function refuses(description: string, codes: readonly Code[]): Answer {
  return { description, codes }
}

const setCookie: oas31.HeaderObject = {
  description: 'The session cookie, `HttpOnly`; and one by which this browser is known again.',
  schema: { type: 'string' },
}

/** The same answer, which signs somebody in. */
export function withCookie(answer: Answer): Answer {
  return { ...answer, headers: { 'Set-Cookie': setCookie } }
}
