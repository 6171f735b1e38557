import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { build } from './build.mjs'
import { installPackages } from './packages.mjs'
import { ROOT, SERVICE_MAIN } from './places.mjs'
import { StepFailed, readable, say } from './progress.mjs'

/** npm and the terminal may both deliver one Ctrl-C; people need longer than this for a second one. */
const SAME_SIGNAL_MS = 400

/** Installs what is missing, builds what changed, and becomes the service: no further process. */
export async function serve() {
  process.chdir(ROOT)
  await installPackages()
  await build()
  if (!existsSync(SERVICE_MAIN)) throw new StepFailed('the build made no service/dist/main.js')
  hearEachSignalOnce()
  say(`ready to serve after ${readable(performance.now())}`)
  process.argv[1] = SERVICE_MAIN
  await import(pathToFileURL(SERVICE_MAIN).href)
}

/**
 * Under `npm start`, Ctrl-C reaches us twice: from the terminal, and passed on by npm. The service
 * would take the second for "stop at once", so a repetition within a moment is dropped.
 */
export function hearEachSignalOnce() {
  const emit = process.emit.bind(process)
  /** @type {Map<string | symbol, number>} */
  const heard = new Map()
  /** @type {(event: string | symbol, ...rest: unknown[]) => boolean} */
  const once = (event, ...rest) => {
    if (event !== 'SIGINT' && event !== 'SIGTERM')
      return Reflect.apply(emit, process, [event, ...rest])
    const now = performance.now()
    const last = heard.get(event)
    if (last !== undefined && now - last < SAME_SIGNAL_MS) return true
    heard.set(event, now)
    return Reflect.apply(emit, process, [event, ...rest])
  }
  Object.assign(process, { emit: once })
}
