import { readFileSync, writeFileSync } from 'node:fs'
import { InvalidArgumentError, type Command } from 'commander'
import { examine } from '../doctor/examine.js'
import { toMarkdown, toReport, toText, type Report } from '../doctor/report.js'
import { CommandFailed } from './exit.js'
import { printable } from './printable.js'
import type { Terminal } from './terminal.js'

interface DoctorFlags {
  readonly json?: boolean
  readonly markdown?: string
  readonly strict?: boolean
  readonly page?: readonly string[]
  readonly origin?: string
  readonly ca?: string
  readonly timeout: number
  readonly config: boolean
}

const SECONDS = 5

/** Adds `sojourn doctor [URL]`: examines configuration, live Redis and a deployed address, and changes nothing. */
export function addDoctor(program: Command, terminal: Terminal): void {
  program
    .command('doctor')
    .description('examine the configuration, the live Redis and a deployed address')
    .argument('[url]', 'the address of an application, made with sojourn or not', readUrl)
    .option('--json', 'answer in JSON')
    .option('--markdown <file>', 'write the report as evidence, in Markdown')
    .option('--strict', 'exit with 1 for warnings, too')
    .option('--page <path...>', 'pages that start a session, beside /, /login and /session')
    .option('--origin <origin>', 'the origin of a front end that calls with cookies', readOrigin)
    .option('--ca <file>', 'certificates (PEM) of a private authority')
    .option('--timeout <seconds>', 'for each request', readSeconds, SECONDS)
    .option('--no-config', 'the address alone: leave out the configuration and Redis')
    .addHelpText('after', EXAMPLES)
    .action(async (url: URL | undefined, flags: DoctorFlags) => runDoctor(terminal, url, flags))
}

async function runDoctor(
  terminal: Terminal,
  url: URL | undefined,
  flags: DoctorFlags,
): Promise<void> {
  const isSpoken = terminal.columns !== undefined && flags.json !== true
  const findings = await examine({
    environment: flags.config ? terminal.environment() : undefined,
    url,
    pages: flags.page ?? [],
    origin: flags.origin,
    ca: flags.ca === undefined ? undefined : readCa(flags.ca),
    timeout: flags.timeout * 1_000,
    now: hostNow,
    onProgress: (what) => {
      if (isSpoken) terminal.writeError(`examining ${what} …\n`)
    },
  })
  const report = toReport(findings, hostNow(), url?.origin)
  if (flags.markdown !== undefined) writeFileSync(flags.markdown, toMarkdown(report))
  terminal.write(flags.json === true ? `${printable(report)}\n` : toText(report))
  conclude(report.counts, flags.strict === true)
}

/** The exit code is for pipelines: 1 where something failed, and with --strict where something is to be warned of. */
function conclude({ fail, warn }: Report['counts'], isStrict: boolean): void {
  if (fail > 0) throw new CommandFailed(`${String(fail)} checks failed.`)
  if (isStrict && warn > 0) throw new CommandFailed(`${String(warn)} warnings.`)
}

// eslint-disable-next-line no-restricted-syntax -- the host's clock is what is examined
const hostNow = (): number => Date.now()

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:'
  if (url !== undefined && isWeb && url.username === '' && url.password === '') return url
  throw new InvalidArgumentError('An address such as https://app.example is wanted.')
}

function readOrigin(text: string): string {
  const { origin } = readUrl(text)
  if (origin === text) return text
  throw new InvalidArgumentError(`An origin is wanted: ${origin}`)
}

function readSeconds(text: string): number {
  const seconds = Number(text)
  if (seconds > 0 && seconds <= 120) return seconds
  throw new InvalidArgumentError('A number of seconds, up to 120, is wanted.')
}

function readCa(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown fault'
    throw new CommandFailed(`--ca ${path} cannot be read: ${code}.`)
  }
}

const EXAMPLES = `
Examples:
  sojourn doctor                                     configuration and Redis, as the service would read them
  sojourn doctor https://app.example                 and the deployed address
  sojourn doctor https://api.example --origin https://app.example --no-config
  sojourn doctor --strict --markdown evidence.md     for a pipeline`
