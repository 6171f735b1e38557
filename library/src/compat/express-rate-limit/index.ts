/**
 * compat/express-rate-limit/ owns a store for the package express-rate-limit: its limits then hold over all processes,
 * in whatever store the sessions are in. express-rate-limit calls it; it never loads express-rate-limit, refuses no
 * request itself, and never answers a number that it has not counted.
 *
 * @module
 */
export { SojournRateLimitStore } from './rate-limit-store.js'
export type {
  ClientRateLimitInfo,
  RateLimitStoreOptions,
  RateLimitWindow,
} from './rate-limit-store.js'
