import { existsSync } from 'node:fs'
import { text } from 'node:stream/consumers'

/** The world as a command sees it: what it is told, and where it writes. */
export interface Terminal {
  readonly environment: () => Readonly<Record<string, string | undefined>>
  readonly write: (text: string) => void
  readonly writeError: (text: string) => void
  /** All of the standard input. */
  readonly readInput: () => Promise<string>
  /** Whether a person looks at the output, with lines of so many characters. */
  readonly columns: number | undefined
}

/** The shell that started the process. */
export const hostTerminal: Terminal = {
  environment() {
    if (existsSync('.env')) process.loadEnvFile('.env')
    return process.env
  },
  write: (words) => void process.stdout.write(words),
  writeError: (words) => void process.stderr.write(words),
  readInput: async () => text(process.stdin),
  columns: process.stdout.isTTY ? process.stdout.columns : undefined,
}
