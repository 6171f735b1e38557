import type { Command } from 'commander'
import { explainConfig, type Explained } from '../config/explain.js'
import { loadConfig } from '../config/load.js'
import { printable } from './printable.js'
import { renderTable } from './table.js'
import type { Terminal } from './terminal.js'

interface ConfigFlags {
  readonly explain?: boolean
  readonly json?: boolean
}

/** Adds `sojourn config`: what counts, where it comes from, and which rule holds it. Secrets are never printed. */
export function addConfig(program: Command, terminal: Terminal): void {
  program
    .command('config')
    .description('show the configuration that counts; secrets are never printed')
    .option('--explain', 'with meaning, unit, and the rule of the policy')
    .option('--json', 'answer in JSON')
    .addHelpText('after', EXAMPLES)
    .action(({ explain = false, json = false }: ConfigFlags) => {
      const environment = terminal.environment()
      const config = loadConfig(environment)
      const variables = explainConfig(environment, config)
      const policy = config.session.policy ?? 'none'
      if (json) {
        terminal.write(`${printable({ mode: config.mode, policy, variables })}\n`)
        return
      }
      const head = `mode ${config.mode}, policy ${policy}\n`
      terminal.write(head + (explain ? paragraphs(variables) : table(variables, terminal)))
    })
}

function table(variables: readonly Explained[], { columns }: Terminal): string {
  const rows = variables.map(({ name, value = '-', source }) => [name, oneLine(value), source])
  return renderTable(['VARIABLE', 'VALUE', 'FROM'], rows, columns !== undefined)
}

function paragraphs(variables: readonly Explained[]): string {
  return variables
    .map(({ name, value = '(nothing)', source, about, unit, rule }) => {
      const lines = [
        `${name} = ${oneLine(value)}  [${source}]`,
        `    ${about}`,
        ...(unit === undefined ? [] : [`    Written as: ${unit}.`]),
        ...(rule === undefined ? [] : [`    Policy: ${rule}.`]),
      ]
      return `${lines.join('\n')}\n`
    })
    .join('\n')
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, '?')
}

const EXAMPLES = `
Examples:
  sojourn config                              every variable, its value, and where that comes from
  sojourn config --explain                    with meaning, unit, and the rule of the policy
  sojourn config --json | jq '.variables[] | select(.source == "environment") | .name'`
