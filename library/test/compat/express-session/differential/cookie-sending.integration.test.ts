/** The other half of the combinations in cookie-sending.test.ts: the two together took too long there. */
import { describe } from 'vitest'
import { compareDeeds } from './deeds.js'

describe('when a cookie is sent and a store is called', () => compareDeeds('odd'))
