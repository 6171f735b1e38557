#!/usr/bin/env node
/**
 * cli/ owns the commands `sojourn …` for the people who run the service. Each command is one file; `main.ts` is what
 * the shell calls. It reads the service's own configuration and store, and never prints a secret or a private key.
 */
import { hostTerminal } from './terminal.js'
import { run } from './program.js'

process.stdout.on('error', (fault: NodeJS.ErrnoException) => {
  // Whoever reads has enough, as in `sojourn … | head`.
  if (fault.code === 'EPIPE') process.exit()
  throw fault
})
process.exitCode = await run(process.argv.slice(2), hostTerminal)
