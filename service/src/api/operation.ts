import type { RequestHandler } from 'express'
import type { z } from 'zod'
import type { ZodOpenApiContentObject, ZodOpenApiHeadersObject } from 'zod-openapi'
import type { Code } from './problems.js'

/**
 * Who may ask, and with it which credentials help and which refusals there are besides an operation's own:
 *
 *   machine   anybody, from inside too: no session, no https asked for
 *   anybody   no session is looked at
 *   guest     a session is welcome
 *   person    a session, by cookie or access token
 *   recent    the same, of somebody who proved a moment ago who they are
 *   client    a client of the OAuth endpoints
 *   admin     the holder of ADMIN_TOKEN, and administrators who have signed in
 *   metrics   the holder of METRICS_TOKEN, where one is set
 */
export type Who =
  'machine' | 'anybody' | 'guest' | 'person' | 'recent' | 'client' | 'admin' | 'metrics'

export type Method = 'get' | 'post' | 'patch' | 'delete'

/** One thing that can be asked, as its description file tells it. */
export interface Operation {
  /** `operationId`: a verb and a noun. */
  readonly id: string
  readonly summary: string
  /** What the summary leaves open, in CommonMark. */
  readonly about?: string
  readonly who: Who
  /** How the route reads its body: schema, media types and size are taken from there. */
  readonly takes?: RequestHandler
  /** A body that is understood. */
  readonly example?: Readonly<Record<string, unknown>>
  readonly query?: z.ZodObject
  readonly path?: z.ZodObject
  /** Whether `RATE_LIMIT` counts it. */
  readonly isLimited?: true
  readonly answers: Answers
}

/** By status. */
export type Answers = Readonly<Partial<Record<number, Answer>>>

export interface Answer {
  readonly description: string
  /** The body, by media type. */
  readonly content?: ZodOpenApiContentObject
  readonly headers?: ZodOpenApiHeadersObject
  /** The codes of a problem. Those that come with `who` are added. */
  readonly codes?: readonly Code[]
}

/** By path, as OpenAPI writes it: `/sessions/{id}`. */
export type Paths = Readonly<Record<string, Readonly<Partial<Record<Method, Operation>>>>>

/** What belongs together. */
export interface Chapter {
  readonly name: string
  readonly about: string
  readonly paths: Paths
}
