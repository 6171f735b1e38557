import type { AnyVariable } from './variable.js'
import { GROUPS } from './variables.js'

const HEAD = `# Settings of the service, each with its meaning and default. Generated from service/src/config/variables.ts.
# Copy this file to .env and uncomment what you need. What is set in the environment wins over .env.
# What is wrong is refused at start (exit code 78) with one line for each mistake.
`
const WIDTH = 100

/** The text of `.env.example`. */
export function renderEnvExample(): string {
  const groups = Object.entries(GROUPS).map(([title, variables]) => {
    const entries = Object.entries<AnyVariable>(variables).map(([name, variable]) =>
      renderEntry(name, variable),
    )
    return `# ---- ${title} ${'-'.repeat(WIDTH - title.length - 8)}\n\n${entries.join('\n')}`
  })
  return `${HEAD}\n${groups.join('\n')}`
}

function renderEntry(name: string, variable: AnyVariable): string {
  const facts = [
    variable.about,
    variable.unit === undefined ? '' : `Written as: ${variable.unit}.`,
    `Default: ${variable.default ?? variable.defaultNote ?? 'none'}.`,
  ]
  const comment = facts.filter((fact) => fact !== '').flatMap(wrap)
  const value = variable.default ?? variable.example ?? ''
  return `${comment.map((line) => `# ${line}\n`).join('')}#${name}=${value}\n`
}

function wrap(text: string): readonly string[] {
  const lines = ['']
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? ''
    if (line.length + word.length + 3 > WIDTH) lines.push(word)
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
  }
  return lines
}
