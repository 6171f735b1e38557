/**
 * catalogue/ owns what every series of the service is called and means, besides those of the library. What is exposed is
 * declared from it, and the reference is generated from it; a test sees that both agree. It counts nothing.
 */
import { SERIES, type SeriesText } from 'sojourn/telemetry'
import { PROCESS_SERIES } from './process.js'
import { HTTP_SERIES, OWN_SERIES, PEOPLE_SERIES } from './service.js'
import { REDIS_SERIES, SQLITE_SERIES } from './store.js'

export * from './process.js'
export * from './service.js'
export * from './store.js'

/** The series that only the service has, in the order of the reference. */
export const SERVICE_SERIES: readonly SeriesText[] = [
  ...[HTTP_SERIES, PEOPLE_SERIES, OWN_SERIES].flatMap((part): SeriesText[] => Object.values(part)),
  ...[...REDIS_SERIES, ...SQLITE_SERIES].map(({ text }) => text),
  ...Object.values(PROCESS_SERIES),
]

/** Reasons that the routes give to a failed sign-in. */
export const SIGN_IN_FAILURES: readonly string[] = ['credentials_invalid', 'password_wrong']

/** Everything that `/metrics` of the service can show. */
export const ALL_SERIES: readonly SeriesText[] = [
  ...SERIES.map((series) =>
    series.name === 'sojourn_sign_in_failures_total'
      ? { ...series, labels: { reason: [...SIGN_IN_FAILURES, 'other'] } }
      : series,
  ),
  ...SERVICE_SERIES,
]
