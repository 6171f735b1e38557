import type { Request, RequestHandler, Response } from 'express'
import { declareCounter, declareGauge, declareHistogram } from 'sojourn/telemetry'
import type { Counter, Exemplar, Histogram, Metrics } from 'sojourn/telemetry'
import { HTTP_SERIES } from './catalogue/index.js'
import { ABORTED, CLASSES, METHODS, OTHER } from './words.js'

/** How requests are counted. */
export interface RequestOptions {
  /**
   * Paths at which routers are mounted (`['/admin']`). The path of any other mount is left out of the route,
   * for what a request says of it is text that a client wrote. Default none.
   */
  readonly mounts?: readonly string[]
  /** Milliseconds on a clock that never goes back. Default: the host's. */
  readonly elapsed?: () => number
  /** The trace that a request is recorded in. Default: none. */
  readonly exemplar?: (() => Exemplar | undefined) | undefined
}

const KNOWN_METHODS: ReadonlySet<string> = new Set(METHODS)
const NO_MOUNTS: ReadonlySet<string> = new Set()

/**
 * Counts and times every request: `http_requests_total{method, route, status_class}` and
 * `http_request_duration_seconds{route}`, streams of events but for their time; and shows how many are being answered. `route` is the pattern of the route that matched, never the path,
 * and `none` where none did. Mount it first.
 */
export function observeRequests(metrics: Metrics, options: RequestOptions = {}): RequestHandler {
  const elapsed = options.elapsed ?? (() => performance.now())
  const mounts = new Set(options.mounts)
  const seriesOf = declareSeries(metrics)
  let inFlight = 0
  declareGauge(metrics, HTTP_SERIES.inFlight)
    .series({})
    .readFrom(() => inFlight)
  return (request, response, next) => {
    const startedAt = elapsed()
    inFlight += 1
    // What closes an answer knows nothing of the request any more.
    const exemplar = options.exemplar?.()
    response.once('close', () => {
      inFlight -= 1
      const { duration, count } = seriesOf(routeOf(request, mounts))
      // How long somebody listened is no measure of how fast we are.
      if (!isStream(response)) duration.observe((elapsed() - startedAt) / 1_000, exemplar)
      count(knownMethod(request.method), classOf(response)).add()
    })
    next()
  }
}

/** The series of one route. */
interface RouteSeries {
  readonly duration: Histogram
  readonly count: (method: string, statusClass: string) => Counter
}

/** Answers the series of a route, bound once: there are as many as the application has routes. */
function declareSeries(metrics: Metrics): (route: string) => RouteSeries {
  const requests = declareCounter(metrics, HTTP_SERIES.requests)
  const durations = declareHistogram(metrics, HTTP_SERIES.durations)
  const seriesOf = remember((route): RouteSeries => {
    const counters = remember((key) => {
      const [method = '', status_class = ''] = key.split(' ')
      return requests.series({ method, route, status_class })
    })
    return {
      duration: durations.series({ route }),
      count: (method, statusClass) => counters(`${method} ${statusClass}`),
    }
  })
  // A share of errors can be computed before the first error.
  const none = seriesOf('none')
  for (const statusClass of CLASSES) none.count('GET', statusClass)
  return seriesOf
}

function remember<Value>(make: (key: string) => Value): (key: string) => Value {
  const made = new Map<string, Value>()
  return (key) => {
    const known = made.get(key)
    if (known !== undefined) return known
    const value = make(key)
    made.set(key, value)
    return value
  }
}

/** It ends when its listener goes, so that is no answer that was cut off. */
function isStream(response: Response): boolean {
  return response.statusCode === 200 && STREAM.test(String(response.getHeader('content-type')))
}

const STREAM = /^text\/event-stream\b/

function classOf(response: Response): string {
  if (!response.writableFinished && !isStream(response)) return ABORTED
  return CLASSES[Math.floor(response.statusCode / 100) - 1] ?? OTHER
}

/** The method, or `other`: a client may write anything there. */
export function knownMethod(method: string): string {
  return KNOWN_METHODS.has(method) ? method : OTHER
}

/** The pattern of the route that answers a request, never its path; `none`: no route does. */
export function routeOf(request: Request, mounts: ReadonlySet<string> = NO_MOUNTS): string {
  const route = request.route as { readonly path?: unknown } | undefined
  if (route === undefined) return 'none'
  const pattern = patternOf(route.path)
  return mounts.has(request.baseUrl) ? request.baseUrl + pattern : pattern
}

/** A route has one pattern or several, each a text or an expression. */
function patternOf(path: unknown): string {
  if (typeof path === 'string') return path
  return Array.isArray(path) ? path.map(String).join('|') : String(path)
}
