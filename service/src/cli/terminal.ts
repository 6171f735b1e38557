import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { text } from 'node:stream/consumers'
import { CommandFailed } from './exit.js'

/** The world as a command sees it: what it is told, and where it writes. */
export interface Terminal {
  /** The variables that count; with those of `file` where one is named, else of `.env`. What is set already stays. */
  readonly environment: (file?: string) => Readonly<Record<string, string | undefined>>
  readonly write: (text: string) => void
  readonly writeError: (text: string) => void
  /** All of the standard input. */
  readonly readInput: () => Promise<string>
  /** Whether a person looks at the output, with lines of so many characters. */
  readonly columns: number | undefined
  /** Asks the person, and waits for a line. Absent where there is nobody to ask. */
  readonly ask?: ((question: string) => Promise<string>) | undefined
}

/** The shell that started the process. */
export const hostTerminal: Terminal = {
  environment(file) {
    if (file !== undefined && !existsSync(file)) {
      throw new CommandFailed(`--env-file ${file} is not there.`)
    }
    if (file !== undefined || existsSync('.env')) process.loadEnvFile(file ?? '.env')
    return process.env
  },
  write: (words) => void process.stdout.write(words),
  writeError: (words) => void process.stderr.write(words),
  readInput: async () => text(process.stdin),
  columns: process.stdout.isTTY ? process.stdout.columns : undefined,
  ask: process.stdin.isTTY && process.stderr.isTTY ? askHere : undefined,
}

/** On the standard error: the standard output may be kept in a file. */
async function askHere(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await lines.question(question)
  } finally {
    lines.close()
  }
}
