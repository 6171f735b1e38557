import { spawn } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './pages.js'

/** What a shell said. */
export interface Said {
  readonly code: number | null
  readonly out: string
  readonly error: string
}

/** What a script finds: the commands `sojourn` and `npm`, the repository around it, variables. */
export interface ShellPlace {
  readonly folder: string
  readonly environment: Readonly<Record<string, string>>
}

/** Copied, for scripts write there; all else of the repository is linked. */
const COPIED = ['deploy', 'examples', '.env.example', 'package.json']
const LINKED = [
  'bench',
  'docs',
  'library',
  'node_modules',
  'service',
  'skills',
  'tools',
  'README.md',
]

/** A folder that looks like a checkout. */
export function makeCheckout(folder: string): void {
  mkdirSync(join(folder, 'data'), { recursive: true })
  const filter = (source: string): boolean => !source.endsWith('node_modules')
  for (const name of COPIED) {
    cpSync(join(ROOT, name), join(folder, name), { recursive: true, filter })
  }
  for (const name of LINKED) symlinkSync(join(ROOT, name), join(folder, name))
}

/** Runs a script as a person's shell would: with aliases, and everything that it started is ended with it. */
export async function runShell(script: string, { folder, environment }: ShellPlace): Promise<Said> {
  const whole = [
    'shopt -s expand_aliases',
    "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT",
    script,
  ]
  const child = spawn('bash', ['-eo', 'pipefail', '-c', whole.join('\n')], {
    cwd: folder,
    env: { ...environment, HOME: folder, CURL_HOME: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [out, error] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (error += text))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, out, error }
}

/** Hands words, folder and input over in a file, and prints what comes back. */
const SOJOURN = `#!/bin/bash
call=$DESK.$$
mkdir "$call"
printf '%s\\0' "$PWD" "$@" > "$call/words"
env -0 > "$call/environment"
cat > "$call/input"
curl -qs --unix-socket "$DESK" "http://desk$call"
[ -s "$call/error" ] && cat "$call/error" >&2
code=$(<"$call/code")
rm -r "$call"
exit "$code"
`
/** \`npm run <script> -- …\` without npm, which takes longer than what it starts. */
const NPM = `#!/bin/bash
[ "$1" = start ] && set -- run start "\${@:2}"
[ "$1" = run ] || { echo "npm $1 is not run here" >&2; exit 99; }
shift
while true; do case "$1" in
  --silent) shift ;;
  *) break ;;
esac; done
name=$1; shift
[ "$1" = --prefix ] && { cd "$2"; shift 2; }
[ "$1" = -- ] && shift
[ "$name" = sojourn ] && exec sojourn "$@"
script=$(node -p 'require("./package.json").scripts[process.argv[1]]' "$name")
exec bash -c "$script \\"\\$@\\"" npm "$@"
`

/** Makes the commands that scripts find, in a folder for the front of PATH. `sojourn` is served at the socket: see program-desk.mjs. */
export function makeCommands(bin: string, socket: string): void {
  mkdirSync(bin)
  for (const [name, text] of [
    ['sojourn', SOJOURN.replaceAll('$DESK', socket)],
    ['npm', NPM],
  ] as const) {
    writeFileSync(join(bin, name), text)
    chmodSync(join(bin, name), 0o755)
  }
}

/** The names that \`npm run\` knows. */
export function scriptNames(): ReadonlySet<string> {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  return new Set([...Object.keys(scripts), ...readdirSync(join(ROOT, 'node_modules/.bin'))])
}
