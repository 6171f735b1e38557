import { spawn } from 'node:child_process'
import { constants, setPriority } from 'node:os'
import { ROOT } from './places.mjs'

/** @typedef {{ cwd?: string, env?: Record<string, string | undefined>, toError?: boolean, isPatient?: true }} CommandOptions */

/**
 * Runs a command in the foreground and resolves with its exit code; 127 where it cannot be started.
 * A SIGINT or SIGTERM that reaches us is passed on, and we end after the command has ended.
 * `toError` sends what it prints to our standard error; one that `isPatient` runs where nobody else wants the processor.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {CommandOptions} [options]
 * @returns {Promise<number>}
 */
export function run(command, args, { cwd = ROOT, env = {}, toError = false, isPatient } = {}) {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['inherit', toError ? 2 : 'inherit', 'inherit'],
  })
  if (isPatient === true && child.pid !== undefined) {
    setPriority(child.pid, constants.priority.PRIORITY_LOW)
  }
  const release = passSignalsTo(child)
  return new Promise((resolve) => {
    child.once('error', (error) => {
      console.error(`cannot run ${command}: ${error.message}`)
      resolve(127)
    })
    child.once('exit', (code, signal) => {
      resolve(code ?? exitCodeOf(signal))
    })
  }).then((/** @type {number} */ code) => {
    const received = release()
    if (received !== undefined) process.exit(exitCodeOf(received))
    return code
  })
}

/**
 * Runs a script with this very Node, for tools that live in node_modules.
 *
 * @param {string} script relative to the root
 * @param {readonly string[]} args
 * @param {CommandOptions} [options]
 * @returns {Promise<number>}
 */
export function runNode(script, args, options) {
  return run(process.execPath, [script, ...args], options)
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @returns {() => NodeJS.Signals | undefined} takes the listeners away; says which signal came
 */
function passSignalsTo(child) {
  /** @type {NodeJS.Signals | undefined} */
  let received
  /** @param {NodeJS.Signals} signal */
  const pass = (signal) => {
    received = signal
    child.kill(signal)
  }
  process.on('SIGINT', pass).on('SIGTERM', pass)
  return () => {
    process.off('SIGINT', pass).off('SIGTERM', pass)
    return received
  }
}

/**
 * The exit code a shell gives for an end by signal: 128 and its number.
 *
 * @param {NodeJS.Signals | null} signal
 * @returns {number}
 */
function exitCodeOf(signal) {
  return signal === null ? 1 : 128 + constants.signals[signal]
}
