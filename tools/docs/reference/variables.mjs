import { code, head, table } from './table.mjs'

/** @typedef {{ about: string, unit?: string, default?: string | undefined, defaultNote?: string }} Variable */

/**
 * The page of the service's environment variables.
 *
 * @param {Readonly<Record<string, Readonly<Record<string, Variable>>>>} groups
 */
export function variables(groups) {
  const sections = Object.entries(groups).map(([title, own]) =>
    [`## ${title}`, table(['variable', 'default', 'meaning'], Object.entries(own).map(row))].join(
      '\n\n',
    ),
  )
  return [
    head(
      'Variables of the service',
      '`service/src/config/variables.ts`, as [`.env.example`](../../.env.example) is,',
      'What is set in the environment wins over `.env`. What is wrong is refused at start (exit code 78), each mistake on a line of its own, with a [code](errors.md#refused-settings). `npm run sojourn -- config --explain` prints what counts in a deployment and why.',
    ),
    ...sections,
  ].join('\n\n')
}

/** @param {[string, Variable]} entry */
function row([name, { about, unit, default: usual, defaultNote }]) {
  const written = unit === undefined ? '' : ` Written as: ${unit}.`
  return [
    code(name),
    usual === undefined ? (defaultNote ?? 'none') : code(usual),
    about + written,
  ].map(spared)
}

/** Addresses that are examples are no links. @param {string} text */
function spared(text) {
  return text.replaceAll(/(?<!`)\bhttps?:\/\/[\w.:-]+/g, '`$&`')
}
