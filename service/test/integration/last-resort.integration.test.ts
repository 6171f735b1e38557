/** What nobody catches: it is written down, no request under way is lost, and the process ends. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { startService } from '../support/service.js'

/** Put together where it is thrown: the stack names the program it comes from, with its text. */
const CANARY = `Bearer ${['canary', 'credential', '0123456789abcdef'].join('-')}`
const WRITTEN = "'lost Bearer ' + ['canary', 'credential', '0123456789abcdef'].join('-')"

/** Loaded into the service before anything else: fails when it is told to by a signal. */
const failingBy = (how: string): string =>
  `data:text/javascript,${encodeURIComponent(`process.on('SIGUSR2', () => { ${how} })`)}`

async function failing(how: string) {
  const service = await startService(
    {},
    { mayFail: true, through: ['env', `NODE_OPTIONS=--import=${failingBy(how)}`] },
  )
  return service
}

describe('a fault that nobody caught', () => {
  const ways: readonly (readonly [string, string])[] = [
    ['unhandledRejection', `Promise.reject(new Error(${WRITTEN}))`],
    ['uncaughtException', `throw new Error(${WRITTEN})`],
  ]
  for (const [kind, how] of ways) {
    it(`ASVS 16.5.4: ${kind} is one line in the log, without the credential in it, and ends the process with 70 after what was under way`, async () => {
      await using service = await failing(how)
      const client = service.client()
      const signingUp = client.post('/register', { username: 'ada', password: 'a long enough one' })
      process.kill(service.pid, 'SIGUSR2')
      const answer = await signingUp
      expect(answer.status).toBe(201)
      expect(await service.stop('SIGCONT')).toBe(70)
      const told = service.log().filter(({ event }) => event === 'process.failed')
      expect(told).toMatchObject([{ level: 'fatal', kind }])
      expect(service.output()).toContain('lost Bearer')
      expect(service.output()).not.toContain(CANARY.slice(7))
    })
  }

  it('ASVS 16.5.4: fails the suite: in each service that a test starts, and in each test', async () => {
    const service = await startService(
      {},
      { through: ['env', `NODE_OPTIONS=--import=${failingBy(`Promise.reject(new Error('x'))`)}`] },
    )
    process.kill(service.pid, 'SIGUSR2')
    await service.stop('SIGCONT')
    await expect(service[Symbol.asyncDispose]()).rejects.toThrow('nobody caught')
    // Vitest fails a run in which a rejection was not handled, unless it is told not to.
    const config = readFileSync(
      fileURLToPath(new URL('../../../vitest.config.ts', import.meta.url)),
      'utf8',
    )
    expect(config).not.toMatch(/dangerouslyIgnoreUnhandledErrors/)
  })
})
