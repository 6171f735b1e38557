import type { Box, Finding, Group, Verdict } from './finding.js'

/** Everything that was found, with what it was found in. */
export interface Report {
  readonly examinedAt: string
  /** The address that was asked, where one was. */
  readonly url: string | undefined
  readonly counts: Readonly<Record<Verdict, number>>
  readonly boxes: Readonly<Record<Box, Verdict>>
  readonly findings: readonly Finding[]
}

/** The eight boxes of the list before going live, in words. */
export const BOXES: Readonly<Record<Box, string>> = {
  secret: 'Secrets are strong, unique and out of the code',
  redis: 'Redis has TLS and a password',
  cors: 'CORS names its origins',
  limits: 'Rate limits are set',
  cookies: 'Session and cookie settings are safe',
  monitoring: 'Logging and monitoring are on',
  refresh: 'The refresh flow rotates and ends',
  'sign-out': 'Sign-out ends everything',
}

const WORST: readonly Verdict[] = ['fail', 'warn', 'pass', 'skipped']

export function toReport(
  findings: readonly Finding[],
  now: number,
  url: string | undefined,
): Report {
  const count = (verdict: Verdict): number =>
    findings.filter((finding) => finding.verdict === verdict).length
  const boxes = Object.keys(BOXES).map((box) => {
    const verdicts = findings.filter((one) => one.box === box).map(({ verdict }) => verdict)
    return [box, WORST.find((verdict) => verdicts.includes(verdict)) ?? 'skipped']
  })
  return {
    examinedAt: new Date(now).toISOString(),
    url,
    counts: {
      pass: count('pass'),
      warn: count('warn'),
      fail: count('fail'),
      skipped: count('skipped'),
    },
    boxes: Object.fromEntries(boxes) as Report['boxes'],
    findings,
  }
}

const GROUPS: Readonly<Record<Group, string>> = {
  configuration: 'Configuration',
  store: 'Redis',
  address: 'Address',
}
const MARKS: Readonly<Record<Verdict, string>> = {
  pass: 'pass',
  warn: 'WARN',
  fail: 'FAIL',
  skipped: 'skip',
}

/** The report for a terminal. */
export function toText(report: Report): string {
  const groups = (Object.keys(GROUPS) as Group[]).flatMap((group) => {
    const findings = report.findings.filter((finding) => finding.group === group)
    return findings.length === 0 ? [] : [GROUPS[group], ...findings.flatMap(lines), '']
  })
  return [...groups, 'Before going live', ...boxLines(report), '', summary(report), ''].join('\n')
}

function lines({ verdict, title, seen, fix, asvs, id }: Finding): readonly string[] {
  const source = asvs.length === 0 ? '' : `  ASVS ${asvs.join(', ')}`
  const first = `  ${MARKS[verdict]}  ${title}  [${id}]${source}`
  const rest = [`        ${seen}`, ...(fix === undefined ? [] : [`        Fix: ${fix}`])]
  return verdict === 'pass' ? [first] : [first, ...rest]
}

function boxLines({ boxes }: Report): readonly string[] {
  return Object.entries(BOXES).map(([box, words]) => `  ${MARKS[boxes[box as Box]]}  ${words}`)
}

function summary({ counts }: Report): string {
  const { pass, warn, fail, skipped } = counts
  return `${String(fail)} failed, ${String(warn)} warnings, ${String(pass)} passed, ${String(skipped)} skipped`
}

/** The report as evidence: one table, every check with what was seen. */
export function toMarkdown(report: Report): string {
  const rows = report.findings.map(
    ({ id, asvs, verdict, title, seen, fix = '' }) =>
      `| ${cells([id, asvs.join(', '), MARKS[verdict], title, seen, fix]).join(' | ')} |`,
  )
  const boxes = Object.entries(BOXES).map(
    ([box, words]) =>
      `- [${report.boxes[box as Box] === 'pass' ? 'x' : ' '}] ${words} (${MARKS[report.boxes[box as Box]]})`,
  )
  return [
    '# Report of `sojourn doctor`',
    '',
    `Examined at ${report.examinedAt}${report.url === undefined ? '' : `, ${cell(report.url)}`}: ${summary(report)}.`,
    '',
    '## Before going live',
    '',
    ...boxes,
    '',
    '## Checks',
    '',
    '| check | ASVS 5.0 | result | question | seen | fix |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n')
}

function cells(texts: readonly string[]): readonly string[] {
  return texts.map(cell)
}

/** Foreign text must not become structure. */
function cell(text: string): string {
  return clean(text).replace(/[\\|`<>[\]]/g, (character) => `\\${character}`)
}

/** Nothing that a terminal or a reader could take for something else than text. */
export function clean(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?')
}
