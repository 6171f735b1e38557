import { hash } from '@node-rs/argon2'
import type { Kysely } from 'kysely'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Account, Accounts, Registration } from '../../../src/account/account.js'
import { createAccounts } from '../../../src/account/accounts.js'
import { InvalidField } from '../../../src/account/errors.js'
import { nameKey } from '../../../src/account/name.js'
import { createPasswordHasher, HASH_PARAMETERS } from '../../../src/account/password.js'
import type { Schema } from '../../../src/account/schema.js'

const PASSWORD = 'a long enough one'
const NAUGHTY = JSON.parse(
  readFileSync(new URL('../../vectors/blns/blns.json', import.meta.url), 'utf8'),
) as readonly string[]

const HIDDEN = /[\p{Cc}\u2028\u2029\p{Bidi_Control}\p{Default_Ignorable_Code_Point}]/u

let counter = 0
/** A name that no other test has. */
export function newName(): string {
  counter += 1
  return `person-${String(counter)}`
}

function accountOf(registration: Registration): Account {
  if (registration.outcome !== 'registered') throw new Error(registration.outcome)
  return registration.account
}

/** What an account is, whatever the database. */
export function describeAccounts(name: string, open: () => Promise<Kysely<Schema>>): void {
  describe(`accounts in ${name}`, () => {
    let database: Kysely<Schema>
    let accounts: Accounts
    let now = 1_700_000_000_000

    beforeAll(async () => {
      database = await open()
      accounts = createAccounts({ database, now: () => now, passwordMinimum: 8 })
    })
    afterAll(() => accounts.close())

    const register = async (username: string, password = PASSWORD): Promise<Account> =>
      accountOf(await accounts.register({ username, password }))

    describe('registering', () => {
      it('makes an account that is found again and has the password', async () => {
        const account = await register(' Ada Lovelace ')
        expect(account).toEqual({
          id: expect.stringMatching(/^[\w-]{22}$/) as string,
          username: 'Ada Lovelace',
          email: undefined,
          role: 'user',
          createdAt: now,
          passwordChangedAt: now,
          disabledAt: undefined,
        })
        expect(await accounts.get(account.id)).toEqual(account)
        expect(await accounts.findByLogin('ADA LOVELACE')).toEqual(account)
        expect(await accounts.verifyPassword('ada lovelace', PASSWORD)).toEqual({
          outcome: 'verified',
          account,
        })
        expect(await accounts.verifyPassword('ada lovelace', `${PASSWORD}.`)).toEqual({
          outcome: 'wrong',
        })
      })

      it('takes an address, or both names, and finds the person by either', async () => {
        const both = accountOf(
          await accounts.register({
            username: 'grace',
            email: 'Grace@Example.COM',
            password: PASSWORD,
          }),
        )
        expect(both).toMatchObject({ username: 'grace', email: 'Grace@Example.COM' })
        expect((await accounts.findByLogin('Grace'))?.id).toBe(both.id)
        expect((await accounts.findByLogin('grace@example.com'))?.id).toBe(both.id)
        const one = accountOf(await accounts.register({ email: 'a@b.example', password: PASSWORD }))
        expect(one).toMatchObject({ username: undefined, email: 'a@b.example' })
      })

      it('refuses a name that is taken, by whichever way it is written', async () => {
        await accounts.register({
          username: 'taken',
          email: 'taken@example.com',
          password: PASSWORD,
        })
        const again = [
          { username: 'TAKEN' },
          { email: 'TAKEN@example.com' },
          { username: 'taken@EXAMPLE.com' },
          { username: 'another', email: 'taken@example.com' },
          { username: 'ｔａｋｅｎ', email: 'free@example.com' },
        ]
        for (const names of again) {
          expect(await accounts.register({ ...names, password: PASSWORD })).toEqual({
            outcome: 'taken',
          })
        }
        expect(await accounts.findByLogin('another')).toBeUndefined()
      })

      it('lets nobody take an address as a user name, nor a user name as an address', async () => {
        const first = await register('eve@example.com')
        const email = { email: 'eve@example.com', password: PASSWORD }
        expect(await accounts.register(email)).toEqual({ outcome: 'taken' })
        expect((await accounts.findByLogin('Eve@example.com'))?.id).toBe(first.id)
        const other = {
          username: 'eve2@example.com',
          email: 'eve3@example.com',
          password: PASSWORD,
        }
        await expect(accounts.register(other)).rejects.toThrow(InvalidField)
      })

      it('gives a name to one of twenty who ask for it at the same time', async () => {
        const twenty = Array.from({ length: 20 }, () =>
          accounts.register({ username: 'wanted', password: PASSWORD }),
        )
        const outcomes = (await Promise.all(twenty)).map(({ outcome }) => outcome)
        expect(outcomes.filter((outcome) => outcome === 'registered')).toHaveLength(1)
        expect(outcomes.filter((outcome) => outcome === 'taken')).toHaveLength(19)
      })

      const pairs = {
        'NFC and NFD': ['Zo\u00eb', 'Zoe\u0308', true],
        'full-width letters': ['ｂｏｂ', 'Bob', true],
        'the Turkish dotless i': ['ılgaz', 'ilgaz', false],
        'the Turkish dotted I': ['İpek', 'ipek', false],
        'a dot at the end': ['carol.', 'carol', false],
      } as const
      it.each(Object.entries(pairs))(
        'json-10: %s: one key and one person, or two keys and two persons',
        async (_, [left, right, isSame]) => {
          expect(nameKey(left) === nameKey(right)).toBe(isSame)
          const first = await register(left)
          const second = await accounts.register({ username: right, password: PASSWORD })
          expect(second.outcome).toBe(isSame ? 'taken' : 'registered')
          expect((await accounts.findByLogin(left))?.id).toBe(first.id)
          expect((await accounts.findByLogin(right))?.id === first.id).toBe(isSame)
        },
      )

      it('keeps a strange name as it is, or refuses it: never a fault (BLNS, 515 strings)', async () => {
        const hasher = {
          create: () => Promise.resolve('x'),
          matches: () => Promise.resolve(true),
          isOutdated: () => false,
        }
        const naughty = createAccounts({ database, hasher })
        let kept = 0
        for (const [index, text] of [...NAUGHTY, '\ud800', 'x\udfff'].entries()) {
          // A number in front, because some of the strings are the same by our rule.
          const username = `${String(index)} ${text}`
          try {
            const account = accountOf(await naughty.register({ username, password: PASSWORD }))
            expect((await naughty.findByLogin(username))?.id).toBe(account.id)
            expect((await naughty.get(account.id))?.username).toBe(account.username)
            kept += 1
          } catch (error) {
            expect(error).toBeInstanceOf(InvalidField)
            expect(HIDDEN.test(username) || [...username].length > 254).toBe(true)
          }
        }
        expect(kept).toBeGreaterThan(460)
      })
    })

    describe('passwords', () => {
      const variants = {
        'the 73rd byte': ['p'.repeat(72) + 'a', 'p'.repeat(72) + 'b'],
        NUL: ['password\u0000one', 'password\u0000two'],
        emoji: ['password 👩‍🚀', 'password 👩🚀'],
        'a space at the end': ['password one', 'password one '],
        'upper and lower case': ['Password One', 'password one'],
        'composed and decomposed': ['passw\u00f6rd', 'passwo\u0308rd'],
      }
      it.each(Object.entries(variants))(
        'ASVS 6.2.8: a password is used exactly as sent: %s counts',
        async (_, [right = '', wrong = '']) => {
          const name = newName()
          await register(name, right)
          expect((await accounts.verifyPassword(name, right)).outcome).toBe('verified')
          expect((await accounts.verifyPassword(name, wrong)).outcome).toBe('wrong')
          expect((await accounts.verifyPassword(name, right.slice(0, -1))).outcome).toBe('wrong')
        },
      )

      it('have a least and a most length', async () => {
        const attempt = (password: string) => accounts.register({ username: newName(), password })
        await expect(attempt('1234567')).rejects.toThrow(
          'password must have at least 8 characters.',
        )
        await expect(attempt('')).rejects.toThrow('password must have at least 8 characters.')
        await expect(attempt('👩'.repeat(7))).rejects.toThrow('at least 8 characters')
        await expect(attempt('p'.repeat(1025))).rejects.toThrow(
          'password must be at most 1024 bytes.',
        )
        await expect(attempt('password \ud800')).rejects.toThrow(
          'password must be valid Unicode text.',
        )
        expect((await attempt('p'.repeat(1024))).outcome).toBe('registered')
        const relaxed = createAccounts({
          database,
          passwordMinimum: 6,
          refusesCommonPasswords: false,
        })
        const walk = await relaxed.register({ email: 'alice@example.com', password: 'test123' })
        expect(walk.outcome).toBe('registered')
        const { id } = accountOf(walk)
        await expect(accounts.changePassword(id, 'short')).rejects.toThrow(InvalidField)
      })

      it('ASVS 11.4.2: rest as argon2id with 19 MiB, 2 passes, 1 lane', async () => {
        const { id } = await register(newName())
        const row = await database
          .selectFrom('account')
          .selectAll()
          .where('id', '=', id)
          .executeTakeFirstOrThrow()
        expect(row.password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
        expect(JSON.stringify(row)).not.toContain(PASSWORD)
      })

      it('are changed, which is dated', async () => {
        const account = await register(newName())
        now += 1_000
        expect(await accounts.changePassword(account.id, 'another password')).toBe(true)
        const login = account.username ?? ''
        expect((await accounts.verifyPassword(login, PASSWORD)).outcome).toBe('wrong')
        expect(await accounts.verifyPassword(login, 'another password')).toEqual({
          outcome: 'verified',
          account: { ...account, passwordChangedAt: now },
        })
        expect(await accounts.changePassword('A'.repeat(22), 'another password')).toBe(false)
      })

      it('are hashed again at a sign-in when the parameters have changed', async () => {
        const account = await register(newName())
        const old = await hash(PASSWORD, { ...HASH_PARAMETERS, memoryCost: 8_192, timeCost: 1 })
        const where = () => database.updateTable('account').where('id', '=', account.id)
        await where().set({ password_hash: old }).execute()
        const login = account.username ?? ''
        expect((await accounts.verifyPassword(login, 'wrong password')).outcome).toBe('wrong')
        const stored = async () =>
          (
            await database
              .selectFrom('account')
              .select('password_hash')
              .where('id', '=', account.id)
              .executeTakeFirstOrThrow()
          ).password_hash
        expect(await stored()).toBe(old)
        expect((await accounts.verifyPassword(login, PASSWORD)).outcome).toBe('verified')
        expect(await stored()).toContain('m=19456,t=2,p=1')
        expect((await accounts.verifyPassword(login, PASSWORD)).outcome).toBe('verified')
      })

      it('are not put back by a sign-in that runs while they are changed', async () => {
        const account = await register(newName())
        const real = createPasswordHasher()
        const slow = createAccounts({
          database,
          hasher: {
            ...real,
            isOutdated: () => true,
            async create(password) {
              await accounts.changePassword(account.id, 'changed meanwhile')
              return real.create(password)
            },
          },
        })
        await slow.verifyPassword(account.username ?? '', PASSWORD)
        expect((await accounts.verifyPasswordOf(account.id, PASSWORD)).outcome).toBe('wrong')
        expect((await accounts.verifyPasswordOf(account.id, 'changed meanwhile')).outcome).toBe(
          'verified',
        )
      })

      it('take as long for a name that nobody has', async () => {
        const { username = '' } = await register(newName())
        const best = new Map<string, number>()
        for (let round = 0; round < 12; round += 1) {
          for (const login of [username, 'nobody']) {
            const started = performance.now()
            await accounts.verifyPassword(login, 'wrong password')
            const took = performance.now() - started
            best.set(login, Math.min(best.get(login) ?? Infinity, took))
          }
        }
        const known = best.get(username) ?? Infinity
        expect(best.get('nobody')).toBeGreaterThan(known / 2)
      })
    })

    describe('switching off', () => {
      it('is told only to who knows the password', async () => {
        const account = await register(newName())
        const login = account.username ?? ''
        now += 1_000
        expect(await accounts.disable(account.id)).toBe(true)
        expect(await accounts.disable(account.id)).toBe(false)
        expect(await accounts.verifyPassword(login, PASSWORD)).toEqual({
          outcome: 'disabled',
          account: { ...account, disabledAt: now },
        })
        expect((await accounts.verifyPassword(login, 'wrong')).outcome).toBe('wrong')
        expect(await accounts.enable(account.id)).toBe(true)
        expect(await accounts.enable(account.id)).toBe(false)
        expect((await accounts.verifyPassword(login, PASSWORD)).outcome).toBe('verified')
      })
    })

    describe('administrators', () => {
      it('are found by their role, and by many ids at once', async () => {
        const [ada, bob] = [await register(newName()), await register(newName())]
        expect(await accounts.setRole(ada.id, 'admin')).toBe(true)
        expect(await accounts.setRole(ada.id, 'admin')).toBe(false)
        const admins = await accounts.search('', { limit: 100, role: 'admin' })
        expect(admins.map(({ id }) => id)).toEqual([ada.id])
        expect(await accounts.search(bob.username ?? '', { limit: 1, role: 'admin' })).toEqual([])
        const found = await accounts.getMany([ada.id, bob.id, ada.id, 'x', 'x'.repeat(22)])
        expect(found.map(({ id }) => id).sort()).toEqual([ada.id, bob.id].sort())
        expect(await accounts.getMany([])).toEqual([])
        await accounts.setRole(ada.id, 'user')
      })

      it('are never all gone where one has to be left, however many are taken away at once', async () => {
        const keep = { keepsAdministrator: true }
        const ids = await Promise.all(Array.from({ length: 6 }, async () => register(newName())))
        for (const { id } of ids) await accounts.setRole(id, 'admin')
        await accounts.disable(ids[0]?.id ?? '')
        const gone = await Promise.all(
          ids.map(({ id }, at) =>
            at % 2 === 0 ? accounts.setRole(id, 'user', keep) : accounts.disable(id, keep),
          ),
        )
        // One was switched off before: taking its role away takes nobody away.
        expect(gone.filter((isDone) => isDone)).toHaveLength(5)
        expect(await accounts.hasAdministrator()).toBe(true)
        const left = ids.find((_one, at) => !(gone[at] ?? true))?.id ?? ''
        for (const change of [accounts.setRole(left, 'user', keep), accounts.disable(left, keep)]) {
          expect(await change).toBe(false)
        }
        const member = await register(newName())
        expect(await accounts.disable(member.id, keep)).toBe(true)
        // Who may take away the last one says nothing of it.
        expect(await accounts.setRole(left, 'user')).toBe(true)
        expect(await accounts.hasAdministrator()).toBe(false)
      })
    })

    it('finds nobody by an id or a name that cannot be one', async () => {
      const ids = ['', 'x', '\u0000'.repeat(22), "' or 1=1 --", '../../x', '*', 'a'.repeat(10_000)]
      for (const id of ids) {
        expect(await accounts.get(id)).toBeUndefined()
        expect(await accounts.findByLogin(id)).toBeUndefined()
        expect(await accounts.verifyPasswordOf(id, PASSWORD)).toEqual({ outcome: 'wrong' })
      }
      expect(await accounts.isAvailable()).toBe(true)
    })
  })
}
