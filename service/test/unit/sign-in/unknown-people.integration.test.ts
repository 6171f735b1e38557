/** Whether somebody has an account is told by nothing, not even by how long the answer takes. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Request } from 'express'
import { createSignInGuard, createSojourn } from 'sojourn'
import { findSqliteDriver } from '../../../../library/src/store/sqlite/driver.js'
import { createAccounts } from '../../../src/account/accounts.js'
import { openDatabase } from '../../../src/account/database.js'
import type { Accounts } from '../../../src/account/account.js'
import type { PasswordHasher } from '../../../src/account/password.js'
import type { Parts } from '../../../src/parts.js'
import { checkSignIn } from '../../../src/sign-in/index.js'

const TRIES = 500

/** Cheap, so that whatever else differs can be seen beside it. That the real one does equal work, `json-13` shows. */
const hasher: PasswordHasher = {
  create: (password) => Promise.resolve(`cheap ${password}`),
  matches: (stored, password) => Promise.resolve(stored === `cheap ${password}`),
  isOutdated: () => false,
}

let accounts: Accounts
beforeAll(async () => {
  const module = await findSqliteDriver()
  const database = await openDatabase({ kind: 'sqlite', file: ':memory:', module })
  accounts = createAccounts({ database, hasher, refusesCommonPasswords: false })
  for (let at = 0; at < TRIES; at += 1) {
    await accounts.register({ username: `known-${String(at)}`, password: 'right horse battery' })
  }
})
afterAll(() => accounts.close())

it('ASVS 6.3.8: of 500 tries on known and 500 on unknown people the middle ones take equally long', async () => {
  const sojourn = createSojourn({ secrets: 'x'.repeat(40) })
  const guard = createSignInGuard(sojourn, { networkAttempts: 1_000_000, sprayAccounts: 1_000_000 })
  const parts = { guard, sojourn, accounts, countSignIn: () => undefined } as unknown as Parts
  const request = {
    url: '/login',
    headers: {},
    socket: { remoteAddress: '203.0.113.1' },
  } as unknown as Request
  const times: Record<'known' | 'unknown', number[]> = { known: [], unknown: [] }
  for (let at = 0; at < TRIES; at += 1) {
    for (const kind of at % 2 === 0
      ? (['known', 'unknown'] as const)
      : (['unknown', 'known'] as const)) {
      const login = `${kind}-${String(at)}`
      const start = performance.now()
      const result = await checkSignIn(parts, request, { login, password: 'wrong horse battery' })
      times[kind].push(performance.now() - start)
      expect(result).toEqual({ outcome: 'wrong' })
    }
  }
  const middle = (list: number[]): number => list.sort((a, b) => a - b)[list.length / 2] ?? 0
  const [known, unknown] = [middle(times.known), middle(times.unknown)]
  // A password takes 30 ms: a hundredth of it is far within the noise of that.
  expect(Math.abs(known - unknown)).toBeLessThan(0.3 + Math.max(known, unknown) / 5)
})
