/** `sojourn sessions`, `sojourn token inspect` and `sojourn migrate database` on a real SQLite store. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { END_REASONS } from '../../../../library/src/store/end-reason.js'
import { EXPLANATIONS } from '../../../src/cli/sessions/reasons.js'
import { openDesk, type Desk, type Holder } from './desk.js'
import { run, shell } from './support.js'

const terminal = shell()
const { call, sojourn } = terminal
let desk: Desk
let ada: Holder
let grace: Holder

beforeAll(async () => {
  desk = await openDesk(terminal)
  ada = await desk.signIn('ada')
  grace = await desk.signIn('grace\u001b[2J')
})

afterAll(async () => desk.close())

/** What can be presented, and what is data of the person. */
function secretsOf(holder: Holder): string[] {
  const token = holder.cookie.split('=')[1] ?? ''
  return [token, token.split('.')[2] ?? '', holder.accessToken, holder.refreshToken, 'secret book']
}

/** Asks and looks that nothing was told that may not be. */
async function asked(args: readonly string[], input = '') {
  const answer = await call(args, { input })
  for (const secret of [ada, grace].flatMap(secretsOf)) {
    expect(answer.out + answer.error).not.toContain(secret)
  }
  expect(answer.out + answer.error).not.toContain('\u001b')
  return answer
}

async function told(args: readonly string[], input = ''): Promise<any> {
  return JSON.parse((await asked([...args, '--json'], input)).out)
}

describe('sojourn sessions list and show', () => {
  it('lists the sessions of everybody or of one person', async () => {
    const all = await told(['sessions', 'list'])
    const ids = all.sessions.map(({ id }: { id: string }) => id)
    expect([ids.sort(), all.next]).toEqual([[ada.id, grace.id].sort(), null])
    const own = await told(['sessions', 'list', '--subject', 'ada'])
    expect(own.sessions).toMatchObject([{ id: ada.id, subject: 'ada', address: '203.0.113.7' }])
    const { out } = await asked(['sessions', 'list'])
    expect(out).toContain(`store: embedded, in ${terminal.environment.DATA_DIR}`)
    expect(out).toMatch(new RegExp(`^${ada.id} +ada +\\d{4}-`, 'm'))
    expect(out).toContain('grace\\u001b[2J')
  })

  it('goes on where the last list ended', async () => {
    const first = await told(['sessions', 'list', '--limit', '1'])
    expect(first.sessions).toHaveLength(1)
    const rest = await told(['sessions', 'list', '--cursor', first.next])
    expect(
      [...first.sessions, ...rest.sessions].map(({ id }: { id: string }) => id).sort(),
    ).toEqual([ada.id, grace.id].sort())
    expect((await asked(['sessions', 'list', '--limit', '1'])).out).toContain(
      `--cursor ${first.next}`,
    )
    expect(await asked(['sessions', 'list', '--cursor', 'x'])).toMatchObject({ code: 1, out: '' })
  })

  it('shows all that may be known of one, and neither secrets nor values', async () => {
    const shown = await told(['sessions', 'show', ada.id])
    expect(shown).toMatchObject({
      id: ada.id,
      subject: 'ada',
      address: '203.0.113.7',
      data: { cart: '["a secret book"]'.length },
      refreshToken: { generation: 1 },
      isBound: false,
    })
    expect(JSON.stringify(shown)).not.toContain('igest')
    const { out } = await asked(['sessions', 'show', ada.id])
    expect(out).toMatch(/^data +cart \(17\)/m)
    expect(await asked(['sessions', 'show', `Ab.${'x'.repeat(22)}`])).toMatchObject({
      code: 1,
      out: '',
    })
  })

  it('takes ids that begin with a hyphen', async () => {
    for (const id of [`-A.${'x'.repeat(22)}`, `--.${'x'.repeat(22)}`]) {
      const answer = await told(['sessions', 'why', id])
      expect(answer).toMatchObject({ id, state: 'unknown' })
    }
  })
})

describe('sojourn sessions why', () => {
  it('says of a live session until when it lives, by its id or by a credential of it', async () => {
    const value = ada.cookie.split('=')[1] ?? ''
    const inputs = [
      [ada.id, ''],
      ['-', ada.cookie],
      ['-', `Set-Cookie: ${ada.cookie}; Path=/; HttpOnly\n`],
      ['-', value],
      ['-', ada.refreshToken],
      ['-', `Authorization: Bearer ${ada.accessToken}\n`],
    ] as const
    for (const [id, input] of inputs) {
      const answer = await told(['sessions', 'why', id], input)
      expect(answer).toMatchObject({ id: ada.id, state: 'live', subject: 'ada' })
      expect(Date.parse(answer.aliveUntil)).toBeGreaterThan(Date.now())
      expect(answer.explanation).toMatch(/^It is alive: /)
    }
  })

  it('tells the reason of an end, when it was, and what to do', async () => {
    const { id, cookie, browser } = await desk.signIn('ada')
    await browser.visit((session) => session.signOut())
    for (const [given, input] of [
      [id, ''],
      ['-', cookie],
    ] as const) {
      const answer = await told(['sessions', 'why', given], input)
      expect(answer).toMatchObject({ id, state: 'over', reason: 'logged_out', subject: 'ada' })
      expect(Math.abs(Date.parse(answer.endedAt) - Date.now())).toBeLessThan(60_000)
      const { what: explanation, advice } = EXPLANATIONS.logged_out
      expect(answer).toMatchObject({ explanation, advice })
    }
    expect((await asked(['sessions', 'why', id])).out).toMatch(/^reason +logged_out$/m)
  })

  it('tells of an end by time, and by the end of all', async () => {
    const past = await openDesk(terminal, undefined, -40 * 60_000)
    const idle = await past.signIn('ida')
    await past.close()
    const swept = await desk.signIn('sue')
    await desk.store.endAll('sue', 'password_changed')
    expect(await told(['sessions', 'why', swept.id])).toMatchObject({ reason: 'password_changed' })
    const answer = await told(['sessions', 'why', idle.id])
    expect(answer).toMatchObject({ state: 'over', reason: 'expired_idle' })
    expect(Math.abs(Date.parse(answer.endedAt) - Date.now() + 600_000)).toBeLessThan(60_000)
  })

  it('has words for every reason that there is', () => {
    expect(Object.keys(EXPLANATIONS).sort()).toEqual([...END_REASONS].sort())
    for (const { what, advice } of Object.values(EXPLANATIONS)) {
      expect(what).toMatch(/\.$/)
      expect(advice).toMatch(/\.$/)
    }
  })

  it('never repeats what may be a credential', async () => {
    const value = ada.cookie.split('=')[1] ?? ''
    for (const words of [value, ada.accessToken, ada.refreshToken]) {
      expect(await asked(['sessions', 'why', words])).toMatchObject({ code: 1, out: '' })
    }
    const altered = `${value.slice(0, -1)}${value.endsWith('A') ? 'B' : 'A'}`
    const answer = await told(['sessions', 'why', '-'], altered)
    expect(answer).toMatchObject({ id: null, state: 'not_ours' })
    expect(await asked(['sessions', 'why', '-'], '\n')).toMatchObject({ code: 1, out: '' })
  })
})

describe('sojourn sessions end', () => {
  it('ends one session, and notes who did it', async () => {
    const { id } = await desk.signIn('eve')
    expect(await told(['sessions', 'end', id, '--dry-run'])).toMatchObject({
      isDryRun: true,
      sessions: 1,
    })
    expect((await desk.sojourn.find(id)).state).toBe('live')
    expect(await asked(['sessions', 'end', id, '--yes'])).toMatchObject({ code: 0 })
    expect(await desk.sojourn.find(id)).toMatchObject({ state: 'over', reason: 'revoked_admin' })
    expect(await asked(['sessions', 'end', id, '--yes'])).toMatchObject({ code: 1, out: '' })
    const { out } = await asked(['audit', '--event', 'admin.acted', '--json'])
    const [record] = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(record).toMatchObject({ actor: 'cli', code: 'session.ended', sessionId: id })
  })

  it('ends all of a person and nobody else’s, and asks before', async () => {
    const ids = [await desk.signIn('fay'), await desk.signIn('fay')].map((holder) => holder.id)
    const states = async (): Promise<string[]> =>
      Promise.all(ids.map(async (id) => (await desk.sojourn.find(id)).state))
    const refused = await asked(['sessions', 'end', '--subject', 'fay'])
    expect(refused).toMatchObject({ code: 1, out: '' })
    expect(refused.error).toContain('add --yes')
    const answers: string[] = []
    const ask = async (question: string): Promise<string> => {
      answers.push(question)
      return answers.length === 1 ? 'no' : ' Yes\n'
    }
    const at = { ...silent(), ask }
    expect(await run(['sessions', 'end', '--subject', 'fay'], at)).toBe(1)
    expect(await states()).toEqual(['live', 'live'])
    expect(await run(['sessions', 'end', '--subject', 'fay'], at)).toBe(0)
    expect(answers[0]).toContain('all 2 sessions of fay')
    expect(await states()).toEqual(['over', 'over'])
    expect((await desk.sojourn.find(ada.id)).state).toBe('live')
  })

  it('wants exactly one of id, person and everybody', async () => {
    for (const words of [[], [ada.id, '--everybody'], ['--subject', 'ada', '--everybody']]) {
      expect(await asked(['sessions', 'end', ...words, '--yes'])).toMatchObject({
        code: 1,
        out: '',
      })
    }
    expect((await desk.sojourn.find(ada.id)).state).toBe('live')
  })

  it('ends everybody’s', async () => {
    const other = shell()
    const elsewhere = await openDesk(other)
    const holders = [await elsewhere.signIn('ada'), await elsewhere.signIn('bob')]
    const { out } = await other.call(['sessions', 'end', '--everybody', '--yes'])
    expect(out).toContain('Ended 2 sessions of everybody.')
    for (const { id } of holders) {
      expect(await elsewhere.sojourn.find(id)).toMatchObject({ reason: 'revoked_admin' })
    }
    await elsewhere.close()
  })
})

function silent() {
  return {
    environment: () => terminal.environment,
    write: () => undefined,
    writeError: () => undefined,
    readInput: async () => '',
    columns: undefined,
  }
}

describe('sojourn token inspect', () => {
  it('passes what is good, check by check, and prints none of it', async () => {
    for (const [kind, input, last] of [
      ['session token', ada.cookie, 'secret'],
      ['access token', ada.accessToken, 'time'],
      ['refresh token', ada.refreshToken, 'generation'],
    ] as const) {
      const report = await told(['token', 'inspect', '-'], input)
      expect(report).toMatchObject({ kind, sessionId: ada.id, isGood: true })
      expect(report.checks.map(({ isPassed }: { isPassed: boolean }) => isPassed)).not.toContain(
        false,
      )
      expect(report.checks.map(({ name }: { name: string }) => name)).toEqual(
        expect.arrayContaining(['signature', last, 'session']),
      )
      const { code, out } = await asked(['token', 'inspect'], input)
      expect(code).toBe(0)
      expect(out).toMatch(/^ {2}pass {2}signature/m)
    }
  })

  it('names the check that fails, and ends with 1', async () => {
    const { id, cookie, accessToken, refreshToken } = await desk.signIn('ivy')
    const [head = '', claims = ''] = accessToken.split('.')
    const { kid } = JSON.parse(Buffer.from(head, 'base64url').toString())
    const other = shell({ SESSION_SECRET: terminal.environment.SESSION_SECRET ?? '' })
    const strange = await openDesk(other)
    const stranger = await strange.signIn('ivy')
    await strange.close()
    const failing = async (input: string): Promise<string> => {
      const { code, out } = await asked(['token', 'inspect', '-', '--json'], input)
      const { isGood, checks } = JSON.parse(out)
      expect([code, isGood]).toEqual([1, false])
      const failed = checks.filter(({ isPassed }: { isPassed: boolean }) => !isPassed)
      expect(failed).toEqual([checks.at(-1)])
      return failed[0].name
    }
    expect(kid).toMatch(/^[\w-]+$/)
    expect(await failing('hello')).toBe('form')
    expect(await failing(`${head}.${claims}.${'A'.repeat(86)}`)).toBe('signature')
    expect(await failing(stranger.accessToken)).toBe('key')
    expect(await failing(stranger.refreshToken)).toBe('signature')
    expect(await failing(stranger.cookie)).toBe('session')
    expect(await failing(`${cookie.slice(0, -1)}${cookie.endsWith('A') ? 'B' : 'A'}`)).toBe(
      'signature',
    )
    // The one before is good for a moment longer; the one before that is not.
    const next = await desk.sojourn.tokens.refresh(refreshToken)
    const second = next.status === 'refreshed' ? next.tokens.refreshToken : ''
    expect((await call(['token', 'inspect'], { input: refreshToken })).code).toBe(0)
    expect((await desk.sojourn.tokens.refresh(second)).status).toBe('refreshed')
    expect(await failing(refreshToken)).toBe('generation')
    await desk.sojourn.patchSubject('ivy', { role: 'x' })
    expect(await failing(accessToken)).toBe('facts')
    await desk.sojourn.revoke(id)
    for (const input of [cookie, accessToken]) expect(await failing(input)).toBe('session')
  })

  it('takes no token as an argument', async () => {
    const { code, out, error } = await asked(['token', 'inspect', ada.accessToken])
    expect([code, out]).toEqual([1, ''])
    expect(error).toContain('standard input')
  })
})

describe('sojourn migrate database', () => {
  it('says what is pending, and does it once', async () => {
    const { sojourn: at, environment } = shell()
    const status = async (line: string) => JSON.parse((await at(`${line} --json`)).out)
    const dry = await status('migrate database --dry-run')
    const pending = [
      ...['2026-01-account', '2026-02-audit'],
      ...['2026-03-new-sign-in', '2026-04-audit-filters'],
    ]
    expect(dry).toMatchObject({ isDryRun: true, pending })
    expect(existsSync(join(environment.DATA_DIR ?? '', 'sojourn.db'))).toBe(false)
    const done = await status('migrate database')
    expect(done.pending).toEqual(dry.pending)
    for (const { doneAt } of done.migrations) expect(Date.parse(doneAt)).not.toBeNaN()
    expect((await status('migrate database')).pending).toEqual([])
    expect((await at('migrate database --dry-run')).out).toContain('Nothing to do.')
  })

  it('answers 69 where the database is away', async () => {
    const { call: at } = shell({ DATABASE_URL: 'postgres://u:canary-word@127.0.0.1:1/x' })
    const { code, error } = await at(['migrate', 'database', '--dry-run'])
    expect(code).toBe(69)
    expect(error).not.toContain('canary-word')
  })
})

it('answers 78 where the configuration is refused', async () => {
  expect((await shell({ SESSION_SECRET: 'short' }).sojourn('sessions list')).code).toBe(78)
  expect((await sojourn('sessions list')).code).toBe(0)
})
