import { Router, type RequestHandler } from 'express'
import { Problem } from '../http/index.js'

/**
 * A router that takes paths literally: `/Dashboard` and `/dashboard/` are other addresses. What a guard looks
 * at and what a handler answers must be one path, and routers do not inherit that from the application.
 */
export function createRouter(): Router {
  return Router({ caseSensitive: true, strict: true })
}

/** Refuses methods that a known path does not have, and says which it has (RFC 9110 section 15.5.6). */
export function refuseOtherMethods(routers: readonly Router[]): RequestHandler {
  const known = routers
    .flatMap(({ stack }) => stack)
    .flatMap(({ route }) => (route === undefined ? [] : [route]))
    .map(({ path, stack }) => ({ path, methods: stack.map(({ method }) => method.toUpperCase()) }))
  return (request, _response, next) => {
    const methods = known
      .filter(({ path }) => fits(path, request.path))
      .flatMap((route) => route.methods)
    if (methods.length === 0) {
      next()
      return
    }
    const alsoHead = methods.includes('GET') ? ['HEAD'] : []
    const allow = [...new Set([...methods, ...alsoHead])].sort().join(', ')
    const facts = { status: 405, code: 'method_not_allowed', detail: 'Method not allowed.' }
    throw new Problem({ ...facts, headers: { Allow: allow } })
  }
}

/** What nobody has to encode: ids are made of it, and `..` in disguise is not. */
const PLAIN = /^[\w.~-]+$/

/** Whether a path is one of a route such as `/sessions/:id`. */
function fits(route: string, path: string): boolean {
  const given = path.split('/')
  const wanted = route.split('/')
  return (
    given.length === wanted.length &&
    wanted.every((part, at) =>
      part.startsWith(':') ? PLAIN.test(given[at] ?? '') : part === given[at],
    )
  )
}
