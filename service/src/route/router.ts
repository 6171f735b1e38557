import { Router, type RequestHandler } from 'express'
import { Problem } from '../http/index.js'

/**
 * A router that takes paths literally: `/Dashboard` and `/dashboard/` are other addresses. What a guard looks
 * at and what a handler answers must be one path, and routers do not inherit that from the application.
 */
export function createRouter(): Router {
  return Router({ caseSensitive: true, strict: true })
}

/**
 * Refuses methods that a known path does not have, with the ones it has (RFC 9110 section 15.5.6), and tells
 * them to who asks by OPTIONS. Mount it before the routers.
 */
export function refuseOtherMethods(routers: readonly Router[]): RequestHandler {
  const known = routers
    .flatMap(({ stack }) => stack)
    .flatMap(({ route }) => (route === undefined ? [] : [route]))
    .map(({ path, stack }) => ({ path, methods: stack.map(({ method }) => method.toUpperCase()) }))
  return (request, response, next) => {
    const routes = known.filter(({ path }) => fits(path, request.path))
    const methods = new Set(routes.flatMap((route) => route.methods))
    if (methods.has('GET')) methods.add('HEAD')
    if (methods.size === 0 || methods.has(request.method)) {
      next()
      return
    }
    const Allow = [...methods].sort().join(', ')
    if (request.method === 'OPTIONS') {
      response.set({ Allow }).status(204).end()
      return
    }
    const facts = { status: 405, code: 'method_not_allowed', detail: 'Method not allowed.' }
    throw new Problem({ ...facts, headers: { Allow } })
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
