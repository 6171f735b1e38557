import type { Scenario, Step } from './crowd.js'

/** What is asked of an application, and as whom. */
export interface PathPlan {
  readonly paths: readonly string[]
  readonly headers: Readonly<Record<string, string>>
}

/** The paths of an application of one's own, in turn, always with the same credential. */
export function createPathScenario({ paths, headers }: PathPlan): Scenario {
  const operations = paths.map((path) => `GET ${path}`)
  let turn = 0
  return {
    operations,
    next(): Step {
      const at = turn % paths.length
      turn += 1
      return {
        operation: operations[at] ?? '',
        call: { method: 'GET', path: paths[at] ?? '/', headers },
        settle: () => undefined,
      }
    },
  }
}
