#!/usr/bin/env node
/**
 * `npm run docs`: the documentation as a static site in `docs/site/`, which needs no server and no network. Fails on a
 * warning of typedoc, on an export without a docstring, on a dead link, and on a link that leaves the site other than by
 * https in a text.
 */
import { rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { failPlainly } from '../workspace/fail.mjs'
import { ROOT } from '../workspace/places.mjs'
import { checkSite } from './site/check-site.mjs'
import { renderSite } from './site/render.mjs'
import { stage } from './site/stage.mjs'

const SITE = join(ROOT, 'docs', 'site')

async function build() {
  const started = performance.now()
  const staged = stage()
  try {
    const silent = await renderSite(staged, SITE)
    const { pages, problems: dead } = checkSite(SITE)
    const problems = [...staged.problems, ...silent, ...dead]
    for (const problem of problems) console.error(problem)
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    const start = relative(process.cwd(), join(SITE, 'index.html'))
    console.log(
      `${String(pages)} pages in ${seconds} s, ${String(problems.length)} problems: open ${start}`,
    )
    if (problems.length > 0) process.exitCode = 1
  } finally {
    rmSync(staged.folder, { recursive: true, force: true })
  }
}

build().catch(failPlainly)
