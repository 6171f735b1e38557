/**
 * guard/rate-limit/ owns how often something may be done: named policies, whose allowance a request is taken from, and
 * what clients are told of it. Adapters ask it for each request. It never sees a framework, keeps no address, and never
 * lets through because it could not count.
 */
export { createRateLimiter } from './limiter.js'
export type {
  Allowance,
  LimitDecision,
  LimitedParty,
  RateLimiter,
  RateLimiterOptions,
  RateLimitResult,
} from './limiter.js'
export type { LimitBy, LimitedSession, LimitKey, LimitPolicy } from './policy.js'
export { mergeField, type LimitFields } from './fields.js'
