/** Help and manners of all commands together: they read as one tool. */
import { readFileSync } from 'node:fs'
import type { Command, Option } from 'commander'
import { describe, expect, it } from 'vitest'
import { createProgram } from '../../../src/cli/program.js'
import type { Terminal } from '../../../src/cli/terminal.js'
import { VERSION } from '../../../src/version.js'
import { run, shell } from './support.js'

const ROOT = new URL('../../../../', import.meta.url)

/** A command that does something, by the words that call it. */
interface Leaf {
  readonly line: string
  readonly command: Command
  readonly help: string
}

function leavesOf(command: Command, before: readonly string[] = []): Leaf[] {
  return command.commands.flatMap((one) => {
    const words = [...before, one.name()]
    if (one.commands.length > 0) return leavesOf(one, words)
    return [{ line: words.join(' '), command: one, help: '' }]
  })
}

const SILENT: Terminal = {
  environment: () => ({}),
  write: () => undefined,
  writeError: () => undefined,
  readInput: async () => '',
  columns: undefined,
}

const LEAVES = leavesOf(createProgram(SILENT))
const longOf = ({ long }: Option): string => long ?? ''

describe('sojourn --help', () => {
  it('shows every command under the heading of its group', async () => {
    const { out, code } = await shell().sojourn('--help')
    expect(code).toBe(0)
    const headings = [...out.matchAll(/^(\S.*):$/gm)].map(([, heading]) => heading)
    expect(headings).toEqual([
      'Options',
      'Run',
      'Look and repair',
      'Secrets and keys',
      'What is kept of a person',
      'What was there before',
      'Examples',
    ])
    for (const command of createProgram(SILENT).commands) {
      expect(out).toMatch(new RegExp(`^  ${command.name()} `, 'm'))
    }
    expect(out).toContain('Exit codes: 0 done, 1 failed, 2 not understood, 69')
  })

  it.each(LEAVES.map(({ line }) => line))(
    'sojourn %s --help says what it is for, and shows an example of it',
    async (line) => {
      const { out, code } = await shell().sojourn(`${line} --help`)
      expect(code).toBe(0)
      expect(out).toContain(`Usage: sojourn ${line}`)
      expect(out).toMatch(/^Examples:$/m)
      expect(out.slice(out.indexOf('Examples:'))).toContain(`sojourn ${line}`)
      expect(out).not.toContain('display help')
    },
  )

  it('one thing has one name in all commands', () => {
    const names = LEAVES.flatMap(({ line, command }) =>
      command.options.map((option) => ({ line, ...option, flags: option.flags })),
    )
    const flagsOf = (long: string): string[] => [
      ...new Set(names.filter((name) => name.long === long).map(({ flags }) => flags)),
    ]
    expect(flagsOf('--json')).toEqual(['--json'])
    expect(flagsOf('--dry-run')).toEqual(['-n, --dry-run'])
    expect(flagsOf('--yes')).toEqual(['--yes'])
    expect(flagsOf('--subject')).toEqual(['--subject <id>'])
    const silent = LEAVES.filter(({ command }) => !command.options.some((o) => o.long === '--json'))
    // One prints no data, and what the other prints is a document anyway.
    expect(silent.map(({ line }) => line).sort()).toEqual(['api', 'serve'])
    for (const { line, description } of names) {
      expect({ line, description }).toEqual({ line, description: expect.stringMatching(/\S{2}/) })
    }
  })

  it('prints the version of the package', async () => {
    const { out, code } = await shell().sojourn('--version')
    const manifest = readFileSync(new URL('service/package.json', ROOT), 'utf8')
    expect([out, code]).toEqual([`${VERSION}\n`, 0])
    expect((JSON.parse(manifest) as { version: string }).version).toBe(VERSION)
  })

  it.each([
    ['', 2, 'Usage: sojourn'],
    ['sessions', 2, 'Usage: sojourn sessions'],
    ['sesions', 2, 'Did you mean sessions?'],
    ['sessions lst', 2, 'Did you mean list?'],
    ['sessions list --jsno', 2, 'Did you mean --json?'],
    ['sessions list --limit 0', 2, 'whole number from 1'],
    ['sessions list extra', 2, 'too many arguments'],
    ['sessions show', 2, "missing required argument 'id'"],
    ['migrate sessions --from sqlite:x', 2, '--to'],
    ['serve --port 70000', 2, '0 to 65535'],
  ])('answers `sojourn %s` with the exit code %i', async (line, code, words) => {
    const { sojourn, call } = shell()
    const answer = line === '' ? await call([]) : await sojourn(line)
    expect(answer.code).toBe(code)
    expect(answer.error).toContain(words)
    expect(answer.error).not.toMatch(/\n\s+at /)
  })

  it.each([
    ['--env-file', 'other.env', 'config'],
    ['config', '--env-file', 'other.env'],
  ])('reads the file of --env-file: sojourn %s %s %s', async (...args) => {
    const { environment } = shell()
    const asked: unknown[] = []
    const code = await run(args, {
      ...SILENT,
      environment(file) {
        asked.push(file)
        return environment
      },
    })
    expect([code, asked]).toEqual([0, ['other.env']])
  })

  it('uses no colours, at a terminal neither', async () => {
    const { call } = shell()
    for (const args of [['--help'], ['config'], ['sessions', 'list'], ['keys', 'list']]) {
      const { out, error } = await call(args, { columns: 100 })
      expect(out + error).not.toContain('\u001b')
    }
  })
})

/** What is found in docs/guide/cli.md: commands by the headings, options by what stands in code. */
function pageOf(): { readonly text: string; readonly sections: ReadonlyMap<string, string> } {
  const text = readFileSync(new URL('docs/guide/cli.md', ROOT), 'utf8')
  const sections = new Map<string, string>()
  for (const part of text.split(/^### /m).slice(1)) {
    const [heading = '', ...rest] = part.split('\n')
    sections.set(heading.replaceAll('`', '').replace('sojourn ', ''), rest.join('\n'))
  }
  return { text, sections }
}

describe('docs/guide/cli.md', () => {
  const page = pageOf()

  it('has a section for each command, and for nothing else', () => {
    expect([...page.sections.keys()].sort()).toEqual(LEAVES.map(({ line }) => line).sort())
  })

  it.each(LEAVES.map(({ line, command }) => [line, command] as const))(
    'sojourn %s: each option is told of, each that is told of exists, and an example calls it',
    (line, command) => {
      const section = page.sections.get(line) ?? ''
      const told = new Set(section.match(/--[a-z][a-z0-9-]+/g))
      const known = command.options.map(longOf)
      for (const name of known)
        expect([line, [...told]]).toEqual([line, expect.arrayContaining([name])])
      const strangers = [...told].filter((name) => !known.includes(name) && name !== '--env-file')
      expect([line, strangers]).toEqual([line, []])
      expect(section).toMatch(new RegExp(`^sojourn ${line}|\\| sojourn ${line}`, 'm'))
    },
  )

  it('names the exit codes that there are', () => {
    for (const code of ['0', '1', '2', '69', '78']) expect(page.text).toContain(`| ${code} `)
  })
})
