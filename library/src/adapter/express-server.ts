import {
  createServer,
  IncomingMessage,
  ServerResponse,
  type RequestListener,
  type Server,
  type ServerOptions,
} from 'node:http'
import type { Socket } from 'node:net'
import { InvalidOption } from '../errors.js'

/** An Express application, 4 or 5, as far as it is looked at. */
export type ExpressApplication = RequestListener & {
  readonly request: object
  readonly response: object
}

/** What `http.createServer` and `https.createServer` are given so that they make these. */
export interface ExpressClasses {
  readonly IncomingMessage: typeof IncomingMessage
  readonly ServerResponse: typeof ServerResponse
}

/**
 * `http.createServer(options, app)`, and every request costs less: see {@link expressClasses}. In place of `app.listen(port)`
 * say `createExpressServer(app).listen(port)`.
 *
 * @param options - those of `http.createServer`, but for the two classes.
 * @throws {InvalidOption} Where `app` is no Express application.
 */
export function createExpressServer(
  app: ExpressApplication,
  options: Omit<ServerOptions, keyof ExpressClasses> = {},
): Server {
  return createServer({ ...options, ...expressClasses(app) }, app)
}

/**
 * The options for a server whose requests and answers have the prototypes of `app` from the start:
 * `https.createServer({ cert, key, ...expressClasses(app) }, app)`.
 *
 * Express gives them these by `Object.setPrototypeOf`, on every request, after which V8 has a hidden class for each object
 * alone: nothing that reads or adds a property is fast any more, in Express, in Node and in every middleware. Where the
 * prototype is right already, that call does nothing. Nothing else changes: an application that is mounted on `app` still
 * sets its own prototypes, and `app` sets its own again behind it.
 *
 * @throws {InvalidOption} Where `app` is no Express application.
 */
export function expressClasses(app: ExpressApplication): ExpressClasses {
  checkPrototype(app.request, IncomingMessage)
  checkPrototype(app.response, ServerResponse)
  // Functions, as the prototype of a class cannot be chosen; Node's own two are functions as well.
  function ExpressRequest(this: IncomingMessage, socket: Socket): void {
    Reflect.apply(IncomingMessage, this, [socket])
  }
  function ExpressResponse(this: ServerResponse, ...args: unknown[]): void {
    Reflect.apply(ServerResponse, this, args)
  }
  ExpressRequest.prototype = app.request
  ExpressResponse.prototype = app.response
  return { IncomingMessage: ExpressRequest, ServerResponse: ExpressResponse } as never
}

function checkPrototype(given: unknown, { prototype }: { readonly prototype: object }): void {
  const isFit = typeof given === 'object' && given !== null && isPrototypeOf(prototype, given)
  if (!isFit) throw new InvalidOption('app must be an Express application, as express() makes it.')
}

function isPrototypeOf(prototype: object, object: object): boolean {
  return Object.prototype.isPrototypeOf.call(prototype, object)
}
