#!/usr/bin/env node
/**
 * Are the secrets good? Looks at this process's environment, or at files, and then also at what they have in common.
 *
 *   node examples/session-recipe/doctor.mjs
 *   node examples/session-recipe/doctor.mjs .env.staging .env.production
 */
import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { problemsAcross, problemsOf } from './secrets.mjs'

const files = process.argv.slice(2)
const environments =
  files.length === 0
    ? { 'this environment': process.env }
    : Object.fromEntries(files.map((file) => [file, parseEnv(readFileSync(file, 'utf8'))]))

const found = Object.entries(environments).flatMap(([name, environment]) =>
  problemsOf(environment).map((problem) => `${name}: ${problem}`),
)
const problems = [...found, ...problemsAcross(environments)]
for (const problem of problems) console.error(problem)
if (problems.length === 0) console.log('All secrets are long, hard to guess, and used once.')
process.exitCode = problems.length === 0 ? 0 : 1
