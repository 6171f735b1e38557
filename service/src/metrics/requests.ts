import type { Request, RequestHandler, Response } from 'express'
import type { Counter, Histogram, Metrics } from 'sojourn/telemetry'

/** How requests are counted. */
export interface RequestOptions {
  /**
   * Paths at which routers are mounted (`['/admin']`). The path of any other mount is left out of the route,
   * for what a request says of it is text that a client wrote. Default none.
   */
  readonly mounts?: readonly string[]
  /** Milliseconds on a clock that never goes back. Default: the host's. */
  readonly elapsed?: () => number
}

/** From an answer out of memory to one that waited for everything. Seconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
/** About 50 routes, each with a handful of methods and classes. */
const SERIES_LIMIT = 500

const METHODS: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
])
const CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const
/** The client went away before the answer was complete. */
const ABORTED = 'aborted'

/**
 * Counts and times every request: `http_requests_total{method, route, status_class}` and
 * `http_request_duration_seconds{route}`. `route` is the pattern of the route that matched, never the path,
 * and `none` where none did. Mount it first.
 */
export function observeRequests(metrics: Metrics, options: RequestOptions = {}): RequestHandler {
  const elapsed = options.elapsed ?? (() => performance.now())
  const mounts = new Set(options.mounts)
  const seriesOf = declareSeries(metrics)
  return (request, response, next) => {
    const startedAt = elapsed()
    response.once('close', () => {
      const { duration, count } = seriesOf(routeOf(request, mounts))
      duration.observe((elapsed() - startedAt) / 1_000)
      count(METHODS.has(request.method) ? request.method : 'other', classOf(response)).add()
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
  const requests = metrics.counter(
    'http_requests_total',
    'Requests, by the route that answered them.',
    ['method', 'route', 'status_class'],
    SERIES_LIMIT,
  )
  const durations = metrics.histogram(
    'http_request_duration_seconds',
    'How long requests took, from their head to the end of the answer.',
    ['route'],
    BUCKETS,
  )
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

function classOf(response: Response): string {
  if (!response.writableFinished) return ABORTED
  return CLASSES[Math.floor(response.statusCode / 100) - 1] ?? 'other'
}

function routeOf(request: Request, mounts: ReadonlySet<string>): string {
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
