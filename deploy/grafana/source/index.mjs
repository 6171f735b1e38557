/**
 * source/ owns the dashboards of Grafana: what is on them, and in which words. `build.mjs` writes them to files, the tests ask each
 * of their queries of a real Prometheus. It knows series by their names alone and imports nothing of the service.
 */
import { createOverview } from './overview.mjs'
import { createSecurity } from './security.mjs'
import { createStore } from './store.mjs'
import { createTokens } from './tokens.mjs'

/** All dashboards, by the name of their file. */
export function createDashboards() {
  return {
    overview: createOverview(),
    security: createSecurity(),
    store: createStore(),
    tokens: createTokens(),
  }
}
