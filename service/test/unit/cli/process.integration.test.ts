import { spawn } from 'node:child_process'
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
  child.stdin.end(input)
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
