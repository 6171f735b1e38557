import { InvalidInput } from '../errors.js'
import { KEY_ALGORITHMS } from './jwk.js'
import type { ChangeOptions, GenerateOptions, KeyChange, KeyRingAdmin } from './key-ring.js'
import type { Ledger } from './ledger.js'
import {
  planActivate,
  planGenerate,
  planRetire,
  planRetireNow,
  planRotate,
  type Circumstances,
  type Plan,
} from './plan.js'
import { factsOf, reportChange } from './report.js'

/** The verbs that change a ring: each is a plan, carried out or only told. */
export function createRingAdmin(ledger: Ledger, load: () => Promise<void>): KeyRingAdmin {
  const apply = async (
    plan: (given: Circumstances) => Plan,
    { dryRun = false }: ChangeOptions = {},
  ): Promise<KeyChange> => {
    await load()
    const outcome = dryRun ? await ledger.preview(plan) : await ledger.change(plan)
    return reportChange(outcome.circumstances, outcome.plan, dryRun)
  }
  return {
    async list() {
      await load()
      const { keys, now, isHeld } = (await ledger.read()).circumstances
      return factsOf(keys, now, isHeld)
    },
    generate: async (options = {}) => {
      const { algorithm, activeAt } = checkGenerate(options)
      return apply((given) => planGenerate(given, algorithm, activeAt), options)
    },
    rotate: async (options = {}) => {
      const { algorithm, activeAt } = checkGenerate(options)
      return apply((given) => planRotate(given, algorithm, activeAt), options)
    },
    activate: async (kid, options) => apply((given) => planActivate(given, kid), options),
    retire: async (kid, options) => apply((given) => planRetire(given, kid), options),
    retireNow: async (kid, options) => apply((given) => planRetireNow(given, kid), options),
  }
}

function checkGenerate(options: GenerateOptions): GenerateOptions {
  const { algorithm } = options
  if (algorithm === undefined || KEY_ALGORITHMS.includes(algorithm)) return options
  throw new InvalidInput('algorithm', `algorithm must be one of ${KEY_ALGORITHMS.join(', ')}.`)
}
