import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { shell } from './support.js'
import { SERVICE_CLI } from '../../../../tools/workspace/places.mjs'

/** What the built program says when a shell calls it. */
async function call(
  args: readonly string[],
  environment: Record<string, string | undefined>,
  input = '',
): Promise<{ code: number | null; out: string; error: string }> {
  const child = spawn(process.execPath, ['--no-warnings', SERVICE_CLI, ...args], {
    env: { PATH: process.env['PATH'], ...environment },
    cwd: environment['DATA_DIR'],
  })
  let [out, error] = ['', '']
  child.stdout.on('data', (text) => (out += String(text)))
  child.stderr.on('data', (text) => (error += String(text)))
  // A program that refuses its configuration may be gone before it is told anything.
  child.stdin.on('error', () => undefined).end(input)
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, out, error }
}

describe('the program itself', () => {
  it('answers on the standard output, with the exit code of its kind', async () => {
    const { environment } = shell()
    const answers = await Promise.all([
      call(['keys', 'list'], environment),
      call(['keys', 'retire', 'nobody'], environment),
      call(['keys', 'lis'], environment),
      call(['keys', 'list'], { ...environment, SESSION_SECRET: 'short' }),
      call(['keys', 'list'], { ...environment, REDIS_URL: 'redis://127.0.0.1:1' }),
    ])
    expect(answers.map(({ code }) => code)).toEqual([0, 1, 2, 78, 69])
    expect(answers[0]?.out).toContain('active, signs')
    for (const { error, out } of answers.slice(1)) {
      expect(out).toBe('')
      expect(error).not.toBe('')
      expect(error).not.toMatch(/\n\s+at /)
    }
  })

  it('changes one ring from several processes at once, and loses none', async () => {
    const { environment, json } = shell()
    const answers = await Promise.all(
      [1, 2, 3].map(async () => call(['keys', 'generate', '--json'], environment)),
    )
    expect(answers.map(({ code }) => code)).toEqual([0, 0, 0])
    const made = answers.map(({ out }) => (JSON.parse(out) as { kid: string }).kid)
    const { keys } = await json('keys list')
    expect(keys.map(({ kid }: { kid: string }) => kid)).toEqual(expect.arrayContaining(made))
    expect(keys).toHaveLength(4)
  })

  it('ends in peace where the reader of its output has enough', async () => {
    const child = spawn(process.execPath, ['--no-warnings', SERVICE_CLI, '--help'])
    child.stdout.destroy()
    let error = ''
    child.stderr.on('data', (text) => (error += String(text)))
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
    expect([code, error]).toEqual([0, ''])
  })

  it('reads a token from the standard input', async () => {
    const part = Buffer.from('{"sub":"ada"}').toString('base64url')
    const { code, out } = await call(['token', 'decode', '-'], {}, `${part}.${part}.x\n`)
    expect(code).toBe(0)
    expect(out).toContain('NOT VERIFIED')
  })
})

describe('sojourn serve', () => {
  it('serves on the port that it is told, with the variables of a file, and drains on SIGTERM', async () => {
    const { environment } = shell({
      NODE_ENV: 'test',
      PUBLIC_URL: undefined,
      TRUST_PROXY: undefined,
    })
    const folder = environment['DATA_DIR'] ?? ''
    const { JWT_SECRET: _, ...rest } = environment
    const lines = Object.entries(rest).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}=${value}\n`],
    )
    writeFileSync(join(folder, 'other.env'), [...lines, 'PORT=1\n'].join(''))
    const child = spawn(
      process.execPath,
      ['--no-warnings', SERVICE_CLI, 'serve', '--port', '0', '--env-file', 'other.env'],
      { env: { PATH: process.env['PATH'], JWT_SECRET: environment['JWT_SECRET'] }, cwd: folder },
    )
    let out = ''
    const url = await new Promise<string>((resolve) => {
      child.stdout.on('data', (text) => {
        out += String(text)
        const [, found] = /Server running on (http\S+)/.exec(out) ?? []
        if (found !== undefined) resolve(found)
      })
    })
    expect((await fetch(`${url}/health`)).status).toBe(200)
    child.kill('SIGTERM')
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
    expect(code).toBe(0)
    expect(out).toContain('"event":"service.stopped"')
  })

  it('refuses a wrong configuration as the service does, and a file that is not there', async () => {
    const { environment } = shell({ SESSION_SECRET: 'short' })
    const answers = await Promise.all([
      call(['serve'], environment),
      call(['config', '--env-file', 'nowhere.env'], environment),
    ])
    expect(answers[0]?.code).toBe(78)
    // Some versions of Node.js look for that option behind the program, too, and end with 9 by themselves.
    expect([1, 9]).toContain(answers[1]?.code)
    expect(answers[0]?.error).toContain('CONFIG_SECRET_SHORT')
    expect(answers[1]?.error).toMatch(/nowhere\.env.* not /)
  })
})
