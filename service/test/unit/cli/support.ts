import { generateKeyPairSync } from 'node:crypto'
import { run as runProgram } from '../../../src/cli/program.js'
import { newFolder, newSecret } from '../config/support.js'

/** What a command said. */
export interface Answer {
  readonly code: number
  readonly out: string
  readonly error: string
}

/** `sojourn` in this process, which it takes for its own: files are made for us alone from then on. */
export const run: typeof runProgram = async (...given) => {
  running += 1
  try {
    return await runProgram(...given)
  } finally {
    running -= 1
    if (running === 0) process.umask(UMASK)
  }
}
const UMASK = process.umask()
let running = 0

/** A shell in which `sojourn` can be called. Every command opens the real SQLite store in a folder of its own. */
export function shell(changes: Record<string, string | undefined> = {}) {
  const environment = {
    NODE_ENV: 'production',
    PUBLIC_URL: 'https://app.example',
    TRUST_PROXY: '1',
    DATA_DIR: newFolder(),
    SESSION_SECRET: newSecret(),
    REFRESH_SECRET: newSecret(),
    JWT_SECRET: newPem(),
    ...changes,
  }
  const call = async (
    args: readonly string[],
    { input = '', columns }: { input?: string; columns?: number } = {},
  ): Promise<Answer> => {
    let out = ''
    let error = ''
    const code = await run(args, {
      environment: () => environment,
      write: (text) => void (out += text),
      writeError: (text) => void (error += text),
      readInput: async () => input,
      columns,
    })
    return { code, out, error }
  }
  return {
    environment,
    call,
    /** `sojourn <line>`, the words of which hold no blanks. */
    sojourn: async (line: string) => call(line.split(' ')),
    /** The JSON that a command answers. */
    json: async (line: string) => JSON.parse((await call([...line.split(' '), '--json'])).out),
  }
}

export function newPem(): string {
  const { privateKey } = generateKeyPairSync('ed25519')
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}
