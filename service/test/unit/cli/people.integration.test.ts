import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { findSqliteDriver } from '../../../../library/src/store/sqlite/index.js'
import { openSqliteStore } from '../../../../library/src/store/sqlite/index.js'
import { createSojourn } from '../../../../library/src/sojourn.js'
import { Browser } from '../../../../library/test/support/browser.js'
import { createAccounts } from '../../../src/account/accounts.js'
import { openDatabase } from '../../../src/account/database.js'
import { openAudit } from '../../../src/audit/open-audit.js'
import { createTrail } from '../../../src/audit/trail.js'
import { createNewSignIns } from '../../../src/security/index.js'
import { createLogger } from '../../../src/log/index.js'
import { shell } from './support.js'

const NAME = 'Ada-Canary-Lovelace'
const EMAIL = 'ada.canary@example.org'
const ADDRESS = '203.0.113.77'
const AGENT = 'CanaryBrowser/7.7 (Linux)'
const OTHER = { username: 'grace', address: '198.51.100.9' }

let terminal: ReturnType<typeof shell>
let ada: string
let grace: string
let secrets: string[]

/** Two people with accounts, sessions, data, shared facts and records, in the very files that the commands open. */
async function livedIn(dataDir: string, secret: string): Promise<void> {
  const module = await findSqliteDriver()
  const database = await openDatabase({ kind: 'sqlite', file: join(dataDir, 'sojourn.db'), module })
  const store = await openSqliteStore({ file: join(dataDir, 'sessions.db') })
  const sojourn = createSojourn<any>({ secrets: secret, store, privacy: { agent: 'full' } })
  const log = createLogger({ level: 'silent' })
  const trail = createTrail(database)
  const config = { retention: 86_400, address: 'full', agent: 'full' } as const
  const { audit, close } = openAudit(
    sojourn,
    { trail, newSignIns: createNewSignIns(database) },
    config,
    {
      log,
      now: Date.now,
    },
  )
  const accounts = createAccounts({ database })
  const register = async (person: { username: string; email?: string }): Promise<string> => {
    const result = await accounts.register({ ...person, password: 'a long enough password' })
    return result.outcome === 'registered' ? result.account.id : ''
  }
  ada = await register({ username: NAME, email: EMAIL })
  grace = await register(OTHER)
  secrets = []
  const visit = async (subject: string, address: string): Promise<void> => {
    const browser = new Browser(sojourn)
    await audit.around({ address, agent: AGENT, path: '/login' }, async () => {
      await browser.visit(
        async (session) => {
          await session.signIn(subject)
          session.set('note', `a note of ${address}`)
        },
        { address, userAgent: AGENT },
      )
      sojourn.report('credential.changed', { subject, kind: 'password', address })
      sojourn.report('signin.failed', {
        subject: undefined,
        reason: 'credentials_invalid',
        address,
      })
    })
    secrets.push(browser.cookie?.split('=')[1]?.split('.')[2] ?? '')
  }
  await visit(ada, ADDRESS)
  await visit(ada, ADDRESS)
  await visit(grace, OTHER.address)
  await accounts.changePassword(ada, 'another long enough password')
  await sojourn.patchSubject(ada, { plan: `gold of ${EMAIL}` })
  await sojourn.settled()
  await close()
  await store.close()
  await accounts.close()
}

const dump = (): string => {
  const folder = terminal.environment['DATA_DIR'] ?? ''
  return readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'latin1'))
    .join('\n')
}

beforeEach(async () => {
  terminal = shell()
  const { DATA_DIR = '', SESSION_SECRET = '' } = terminal.environment as Record<string, string>
  await livedIn(DATA_DIR, SESSION_SECRET)
})

describe('sojourn audit', () => {
  it('shows what happened, newest first: to everybody, or to one person', async () => {
    const all = await terminal.sojourn('audit --json')
    const records = all.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(records.filter(({ event }) => event === 'session.started')).toHaveLength(3)
    expect(records.map(({ at }) => at)).toEqual(
      records
        .map(({ at }) => at)
        .sort()
        .reverse(),
    )
    const own = (await terminal.sojourn(`audit --json --since 7d --subject ${ada}`)).out
    for (const line of own.trim().split('\n')) expect(JSON.parse(line).subject).toBe(ada)
    expect(own.trim().split('\n')).toHaveLength(4)
    expect((await terminal.sojourn('audit --json --limit 2')).out.trim().split('\n')).toHaveLength(
      2,
    )
    const table = (await terminal.call(['audit'], { columns: 120 })).out
    expect(table).toContain('session.started')
    for (const secret of secrets) expect(all.out + table).not.toContain(secret)
  })

  it('says what it does not understand', async () => {
    for (const line of ['audit --since 7', 'audit --since x', 'audit --limit 0']) {
      expect(await terminal.sojourn(line)).toMatchObject({ code: 2, out: '' })
    }
    for (const id of ['../x', 'short', '*']) {
      for (const command of ['audit', 'export', 'erase']) {
        const answer = await terminal.sojourn(`${command} --subject ${id}`)
        expect(answer).toMatchObject({ code: 1, out: '' })
        expect(answer.error).toContain('No such user.')
      }
    }
  })
})

describe('sojourn people', () => {
  it('lists people, some of them, and only administrators', async () => {
    const { people, isMore } = await terminal.json('people list')
    expect([people.map(({ id }: { id: string }) => id).sort(), isMore]).toEqual([
      [ada, grace].sort(),
      false,
    ])
    expect(Object.keys(people[0]).sort()).toEqual(
      ['createdAt', 'disabledAt', 'email', 'id', 'role', 'username'].sort(),
    )
    expect((await terminal.json('people list --limit 1')).isMore).toBe(true)
    expect((await terminal.json('people list --search canary')).people).toMatchObject([{ id: ada }])
    expect((await terminal.json('people list --role admin')).people).toEqual([])
    const table = (await terminal.call(['people', 'list'], { columns: 120 })).out
    for (const shown of [ada, NAME, EMAIL, 'grace']) expect(table).toContain(shown)
    const short = (await terminal.sojourn('people list --limit 1')).out
    expect(short).toContain('There are more')
  })

  it('makes an administrator of somebody, ends the sessions from before, and tells the trail', async () => {
    const planned = await terminal.json(`people role ${EMAIL} admin --dry-run`)
    expect(planned).toMatchObject({ id: ada, isDryRun: true, isChanged: true, sessions: 0 })
    expect((await terminal.json('people list --role admin')).people).toEqual([])
    const done = await terminal.json(`people role ${EMAIL} admin`)
    expect(done).toEqual({
      ...{ isDryRun: false, id: ada, before: 'user', role: 'admin', isChanged: true },
      ...{ sessions: 2, hasAdministrator: true },
    })
    const again = await terminal.sojourn(`people role ${ada} admin`)
    expect(again).toEqual({ code: 0, out: `${NAME} is an administrator already.\n`, error: '' })
    const back = await terminal.sojourn(`people role ${NAME.toUpperCase()} user`)
    expect(back.out).toBe(
      `${NAME} is no administrator now. 0 sessions have ended.\nNobody is an administrator whose account is on.\n`,
    )
    const { out } = await terminal.sojourn(`audit --json --subject ${ada} --event admin.acted`)
    const acts = out.trim().split('\n')
    expect(acts.map((line) => JSON.parse(line))).toMatchObject([
      { actor: 'cli', code: 'user.made_user', subject: ada },
      { actor: 'cli', code: 'user.made_admin', subject: ada },
    ])
  })

  it('says what it does not understand, and whom it does not know', async () => {
    for (const line of ['role ada king', 'role ada', 'list --role king', 'list --limit 0']) {
      expect(await terminal.sojourn(`people ${line}`)).toMatchObject({ code: 2, out: '' })
    }
    for (const login of ['nobody', '-aaaaaaaaaaaaaaaaaaaaa', 'admin']) {
      const answer = await terminal.sojourn(`people role ${login} admin`)
      expect(answer).toMatchObject({ code: 1, out: '' })
      expect(answer.error).toContain('No such user.')
    }
  })
})

describe('what is kept of a person', () => {
  it('is told as one document, without a credential', async () => {
    const { out, code } = await terminal.sojourn(`export --subject ${ada}`)
    expect(code).toBe(0)
    const document = JSON.parse(out)
    expect(document).toMatchObject({
      subject: ada,
      account: { id: ada, username: NAME, email: EMAIL },
      attributes: { plan: `gold of ${EMAIL}` },
      sessions: [
        { subject: ada, address: ADDRESS, data: { note: `a note of ${ADDRESS}` } },
        { subject: ada, agent: AGENT },
      ],
    })
    expect(document.audit).toHaveLength(4)
    expect(out).not.toMatch(/argon2|password_hash|secretDigest/)
    for (const secret of secrets) expect(out).not.toContain(secret)
    expect(out).not.toContain(OTHER.address)
    const nobody = await terminal.sojourn(`export --subject ${'x'.repeat(22)}`)
    expect(nobody).toMatchObject({ code: 1, out: '' })
  })

  it('behaviour 29a: is gone with one command: no byte of name, e-mail, address or agent is left, and nothing of others goes', async () => {
    expect(dump()).toContain(NAME)
    const before = dump()
    const planned = await terminal.json(`erase --subject ${ada}`)
    expect(planned).toMatchObject({
      isDryRun: true,
      hasAccount: true,
      sessions: 2,
      records: 4,
      attributes: 1,
    })
    expect(dump().length).toBe(before.length)
    const done = await terminal.json(`erase --yes --subject ${ada}`)
    expect(done).toMatchObject({ isDryRun: false, sessions: 2, records: 4, blanked: 2 })
    for (const { isClean } of done.files) expect(isClean).toBe(true)
    const left = dump()
    const bare = [NAME, NAME.toLowerCase(), EMAIL, ADDRESS, `a note of ${ADDRESS}`, 'gold of']
    for (const text of bare) expect([text, left.includes(text)]).toEqual([text, false])
    for (const text of [OTHER.username, OTHER.address]) expect(left).toContain(text)
    expect(
      JSON.parse((await terminal.sojourn(`export --subject ${grace}`)).out).audit,
    ).toHaveLength(2)
    const records = (await terminal.sojourn('audit --json')).out
    expect(records).not.toContain(ada)
    expect(records).toContain('"code":"person.erased"')
    expect(await terminal.sojourn(`export --subject ${ada}`)).toMatchObject({ code: 1 })
    // Whoever has the cookie still is nobody, and cannot sign in.
    expect(await terminal.sojourn(`erase --yes --subject ${ada}`)).toMatchObject({ code: 1 })
  })

  it('is told in words too, and nothing happens without --yes', async () => {
    const words = (await terminal.sojourn(`erase --subject ${ada}`)).out
    expect(words).toContain('nothing was changed; add --yes')
    expect(words).toContain('2 sessions')
    expect((await terminal.sojourn(`export --subject ${ada}`)).code).toBe(0)
    expect((await terminal.sojourn(`erase --subject ${ada} --yes`)).out).toContain(
      'Deleted: the account',
    )
  })
})
