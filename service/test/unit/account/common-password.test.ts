import { dictionary } from '@zxcvbn-ts/language-common'
import { afterAll, describe, expect, it } from 'vitest'
import { findSqliteDriver } from '../../../../library/src/store/sqlite/driver.js'
import { createAccounts } from '../../../src/account/accounts.js'
import { isCommonPassword, isMadeOfWords } from '../../../src/account/common-password.js'
import { openDatabase } from '../../../src/account/database.js'
import type { PasswordHasher } from '../../../src/account/password.js'

/** Nothing that is refused is ever hashed. */
const neverAsked: PasswordHasher = {
  create: () => Promise.reject(new Error('hashed')),
  matches: () => Promise.reject(new Error('hashed')),
  isOutdated: () => false,
}
const database = await openDatabase({
  kind: 'sqlite',
  file: ':memory:',
  module: await findSqliteDriver(),
})
const TOO_COMMON = 'This password is among the most common ones. Choose another.'

describe('common passwords', () => {
  const accounts = createAccounts({ database, hasher: neverAsked, passwordMinimum: 1 })
  afterAll(() => accounts.close())

  it('ASVS 6.2.4: each of the 3000 most common ones, of any length, is refused to who registers', async () => {
    const top = dictionary.passwords.slice(0, 3_000)
    expect(top).toHaveLength(3_000)
    for (const password of top) {
      await expect(
        accounts.register({ username: 'ada', password }),
        password,
      ).rejects.toMatchObject({
        status: 400,
        code: 'field_invalid',
        field: 'password',
        message: TOO_COMMON,
      })
    }
  })

  it('are refused to who changes theirs, and what is not common is hashed', async () => {
    const hasher = { ...neverAsked, create: () => Promise.resolve('a hash') }
    const open = createAccounts({ database, hasher, passwordMinimum: 1 })
    const made = await open.register({ username: 'grace', password: 'no list has this one' })
    const id = made.outcome === 'registered' ? made.account.id : ''
    await expect(open.changePassword(id, 'trustno1')).rejects.toThrow(TOO_COMMON)
    await expect(open.changePassword(id, 'Grace-1906')).rejects.toThrow('must not be your name')
    expect(await open.changePassword(id, 'nor this one here')).toBe(true)
  })

  it.each([
    'PASSWORD',
    'Password1234567',
    '!!!qwerty!!!2026',
    'passwordpassword',
    'LetMeInLetMeInLetMeIn!',
    'aaaaaaaaaaaaaaaaaa',
    'ababababababababab',
    '!!!!!!!!!!!!!!!!!!',
  ])('%s is one of them, made longer', async (password) => {
    expect(await isCommonPassword(password)).toBe(true)
  })

  it.each([
    'correct horse battery 9',
    'a long enough one',
    '8372-91-83-a-82-07',
    'dragon fruit and tea',
    'пароль для соджорн',
    '👩‍🚀👩‍🚀 über den wolken',
    `password ${'x'.repeat(200)}`,
  ])('%s is none', async (password) => {
    expect(await isCommonPassword(password)).toBe(false)
  })

  it('names of the person and of the service make none, but are welcome within one', () => {
    const words = ['sojourn', 'ada-lovelace', 'ada']
    for (const text of ['ada-lovelace', 'ADA-LOVELACE-1815', '123sojourn!!', 'SojournSojourn']) {
      expect(isMadeOfWords(text, words), text).toBe(true)
    }
    for (const text of ['ada-lovelace counts', 'my sojourn at the sea', 'adamant']) {
      expect(isMadeOfWords(text, words), text).toBe(false)
    }
  })
})
