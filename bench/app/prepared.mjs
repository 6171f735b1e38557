import { createServer, IncomingMessage, ServerResponse } from 'node:http'

/**
 * A server whose requests and answers have the prototypes of an Express application from the start. Express gives them these
 * by `Object.setPrototypeOf` on every request, after which V8 has a hidden class for each object alone: nothing that reads
 * or adds a property is fast any more. Where the prototype is right already, that call does nothing.
 */
export function createPreparedServer(app) {
  function PreparedRequest(socket) {
    IncomingMessage.call(this, socket)
  }
  PreparedRequest.prototype = app.request
  function PreparedResponse(request, options) {
    ServerResponse.call(this, request, options)
  }
  PreparedResponse.prototype = app.response
  const classes = { IncomingMessage: PreparedRequest, ServerResponse: PreparedResponse }
  return createServer(classes, app)
}
