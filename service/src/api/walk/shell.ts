import type { oas31 } from 'zod-openapi'
import { quoted } from '../curl.js'
import { requestsOf, type StepRequest } from './request.js'
import { VARIABLES, type Step, type Walk } from './step.js'
import { leave, stay, threeSteps, tokens } from './walks.js'

/** The scripts, by the names of their files. */
export const SCRIPTS: Readonly<Record<string, readonly Walk[]>> = {
  'walk.sh': [threeSteps, stay, leave],
  'tokens.sh': [tokens],
}

/** Walks as a script for sh and curl. */
export function toShell(
  name: string,
  walks: readonly Walk[],
  description: oas31.OpenAPIObject,
): string {
  const requestOf = requestsOf(description)
  const chapters = walks.flatMap(({ name: title, about, steps }) => [
    `\n# ${title}. ${about}`,
    ...steps.flatMap((step) => linesOf(step, requestOf(step))),
  ])
  return [beginning(name, description.servers?.[0]?.url ?? ''), ...chapters, END].join('\n')
}

function beginning(name: string, address: string): string {
  return `#!/bin/sh
# Made from the description of the API: sojourn api ${name}
# Any step that is not answered as it should be ends the walk.
#
#   examples/curl/${name} [address, ${address} where none is given]
set -eu

at=\${1:-${address}}
password='${VARIABLES['password'] ?? ''}'
jar=$(mktemp) answer=$(mktemp)
trap 'rm -f "$jar" "$answer"' EXIT

# ask <status> <by> <method> <path> [body]: prints the answer; with another status the walk ends. <by> is cookie, nobody
# or a token.
ask() {
  wanted=$1 by=$2 method=$3 path=$4 body=\${5-}
  set -- --silent --show-error --request "$method" --output "$answer" --write-out '%{http_code}'
  case $by in
    cookie) set -- "$@" --cookie "$jar" --cookie-jar "$jar" ;;
    nobody) ;;
    *) set -- "$@" --header "Authorization: Bearer $by" ;;
  esac
  test -z "$body" || set -- "$@" --header 'Content-Type: application/json' --data "$body"
  status=$(curl "$@" "$at$path")
  printf '%s %s: %s\\n' "$method" "$path" "$status"
  cat "$answer"
  echo
  test "$status" = "$wanted" || { echo "That should have been $wanted." >&2; exit 1; }
}

# field <name>: of the answer to the last step.
field() { sed -n "s/.*\\"$1\\":\\"\\([^\\"]*\\)\\".*/\\1/p" "$answer"; }

# tells <text>: the answer to the last step has it.
tells() { grep -qF "$1" "$answer" || { echo "It should have told $1" >&2; exit 1; }; }

say() { printf '\\n# %s\\n' "$1"; }
`
}

const END = "\nprintf '\\nThe walk is done.\\n'\n"

function linesOf(step: Step, { method, path, body }: StepRequest): string[] {
  const { says, status, by = 'cookie', keeps = {}, tells } = step
  const who = by === 'cookie' || by === 'nobody' ? by : `"$${by}"`
  const sent = body === undefined ? '' : ` ${filled(JSON.stringify(body))}`
  return [
    `\nsay ${quoted(says)}`,
    ...(step.isNewPerson === true ? ['username=walker-$$-$(date +%s)'] : []),
    `ask ${String(status)} ${who} ${method} ${filled(path)}${sent}`,
    ...(tells === undefined ? [] : [`tells ${filled(tells)}`]),
    ...Object.entries(keeps).map(([name, at]) => `${name}=$(field ${at.split('.').at(-1) ?? ''})`),
  ]
}

/** Text as one word of the shell, with its variables. */
function filled(text: string): string {
  if (!text.includes('{{')) return quoted(text)
  const escaped = text.replace(/["\\$`]/g, '\\$&')
  return `"${escaped.replace(/\{\{(\w+)\}\}/g, '$$$1')}"`
}
