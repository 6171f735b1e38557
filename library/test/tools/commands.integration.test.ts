import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { plantTree } from './tree.js'

const tools = fileURLToPath(new URL('../../../tools/', import.meta.url))
const module = (name: string): string => JSON.stringify(new URL(name, `file://${tools}`).href)

/** Runs a tool and answers what it printed and its exit code. */
const tool = (name: string, ...args: string[]) =>
  spawnSync(process.execPath, [join(tools, name), ...args], { encoding: 'utf8' })

/** Runs a piece of a module, with signals: sends each once the piece has said it is ready. */
async function signalled(code: string, signals: readonly NodeJS.Signals[]) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', code])
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (!output.includes('ready') && (output + text).includes('ready')) {
      for (const signal of signals) child.kill(signal)
    }
    output += text
  })
  const end = await new Promise((resolve) => child.once('close', resolve))
  return { output, code: end }
}

describe('a command in the foreground', () => {
  const inner = (does: string): string =>
    JSON.stringify(`process.on('SIGTERM', () => { console.log('got it'); ${does} })
      setInterval(() => {}, 1000); console.log('ready')`)
  const outer = (does: string): string => `
    const { run } = await import(${module('workspace/command.mjs')})
    await run(process.execPath, ['-e', ${inner(does)}])
    console.log('not reached')`

  it('gets a signal once, and we end after it has ended', async () => {
    const { output, code } = await signalled(outer('setTimeout(process.exit, 50, 0)'), ['SIGTERM'])
    expect(output.match(/got it/g)).toHaveLength(1)
    expect(output).not.toContain('not reached')
    expect(code).toBe(143)
  })

  it('gives its exit code back', () => {
    const code = `const { run } = await import(${module('workspace/command.mjs')})
      process.exit(await run(process.execPath, ['-e', 'process.exit(7)']))`
    expect(spawnSync(process.execPath, ['--input-type=module', '-e', code]).status).toBe(7)
  })

  it('that does not exist is told, with the code of a shell', () => {
    const code = `const { run } = await import(${module('workspace/command.mjs')})
      process.exit(await run('no-such-command', []))`
    const done = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
      encoding: 'utf8',
    })
    expect(done.status).toBe(127)
    expect(done.stderr).toContain('cannot run no-such-command')
  })
})

describe('the service in our process', () => {
  const code = (then: string): string => `
    const { hearEachSignalOnce } = await import(${module('workspace/serve.mjs')})
    hearEachSignalOnce()
    let count = 0
    process.on('SIGINT', () => { count += 1; ${then} })
    const stay = setInterval(() => {}, 1000)
    setTimeout(() => { console.log('heard', count); clearInterval(stay) }, 900)
    console.log('ready')`

  it('hears a Ctrl-C that comes from the terminal and from npm as one', async () => {
    const repeat = "if (count === 1) process.kill(process.pid, 'SIGINT')"
    expect((await signalled(code(repeat), ['SIGINT'])).output).toContain('heard 1')
  })

  it('hears a second Ctrl-C of a person', async () => {
    const later = "if (count === 1) setTimeout(() => process.kill(process.pid, 'SIGINT'), 600)"
    expect((await signalled(code(later), ['SIGINT'])).output).toContain('heard 2')
  })
})

describe('the system parts', () => {
  const install = `
    const { installSystemParts } = await import(${module('workspace/system-parts.mjs')})
    const { failPlainly } = await import(${module('workspace/fail.mjs')})
    await installSystemParts().catch(failPlainly)`
  const PROGRAM = '#!/bin/sh\nexit 0\n'
  const OTHERS = ['promtool', 'nginx', 'haproxy', 'curl', 'openssl']

  /** A machine whose PATH holds only these programs, besides the few that scripts need. */
  function machine(programs: Readonly<Record<string, string>>) {
    const there = Object.fromEntries(OTHERS.map((name) => [name, PROGRAM]))
    const bin = plantTree({ ...there, ...programs }, 0o755)
    for (const name of ['sh', 'env', 'chmod']) symlinkSync(`/bin/${name}`, join(bin, name))
    const run = () =>
      spawnSync(process.execPath, ['--input-type=module', '-e', install], {
        encoding: 'utf8',
        env: { PATH: bin, LOG: join(bin, 'log') },
      })
    return { bin, run }
  }

  it('are refused with the command to run where apt-get is not', () => {
    const { status, stderr } = machine({ chromium: PROGRAM, postgres: PROGRAM }).run()
    expect(status).toBe(1)
    expect(stderr).toMatch(
      /need redis-server, and .*install -y --no-install-recommends redis-server chromium-headless-shell\n/s,
    )
  })

  it('are refused where sudo asks for a password', () => {
    const asUser = { 'apt-get': PROGRAM, sudo: '#!/bin/sh\nexit 1\n', postgres: PROGRAM }
    const { bin } = machine(asUser)
    const code = `process.getuid = () => 1000\n${install}`
    const done = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
      encoding: 'utf8',
      env: { PATH: bin },
    })
    expect(done.status).toBe(1)
    expect(done.stderr).toMatch(
      /sudo apt-get install .* redis-server chromium chromium-headless-shell\n/,
    )
  })

  it('are installed without questions, after an update', () => {
    const apt = `#!/bin/sh
      [ "$1" = --version ] && exit 0
      echo "$DEBIAN_FRONTEND $*" >>"$LOG"
      [ "$1" = install ] && for name in $*; do case $name in redis-*|chromium*)
        echo '#!/bin/sh' >"\${LOG%log}$name"; chmod +x "\${LOG%log}$name";; esac
      done
      exit 0`
    const sudo = '#!/bin/sh\nshift\n[ "$1" = true ] && exit 0\nexec "$@"\n'
    const { bin, run } = machine({ 'apt-get': apt, sudo, postgres: PROGRAM })
    expect(run()).toMatchObject({ status: 0 })
    expect(readFileSync(join(bin, 'log'), 'utf8')).toBe(
      'noninteractive update -q\n' +
        'noninteractive install -y -q --no-install-recommends redis-server chromium\n' +
        'noninteractive install -y -q --no-install-recommends chromium-headless-shell\n',
    )
    expect(run()).toMatchObject({ status: 0, stderr: '' })
  })

  it('that only make tests quicker are done without where they are not to be had', () => {
    const apt = '#!/bin/sh\n[ "$1" = --version ]\n'
    const all = { chromium: PROGRAM, 'redis-server': PROGRAM, postgres: PROGRAM }
    const sudo = '#!/bin/sh\nshift\n[ "$1" = true ] && exit 0\nexec "$@"\n'
    const { status, stderr } = machine({ ...all, sudo, 'apt-get': apt }).run()
    expect(status).toBe(0)
    expect(stderr).toContain('the tests go on without chromium-headless-shell, slower')
    expect(machine(all).run()).toMatchObject({ status: 0, stderr: '' })
  })

  it('that apt-get did not bring are told', () => {
    const { status, stderr } = machine({
      'apt-get': PROGRAM,
      sudo: PROGRAM,
      postgres: PROGRAM,
    }).run()
    // Where sudo is this empty program, a user who is not root ends here as well.
    expect(status).toBe(1)
    expect(stderr).toContain('apt-get did not bring: redis-server, chromium')
  })
})

describe('tools/checklist.mjs --check', () => {
  const check = (title: string) => {
    const test = { title, status: 'passed' }
    const report = {
      testResults: [{ name: 'a.test.ts', status: 'passed', assertionResults: [test] }],
    }
    const folder = plantTree({ 'results-unit.json': JSON.stringify(report) })
    return tool('checklist.mjs', '--check', '--brief', '--results', folder)
  }

  it('passes where each id exists', () => {
    const { status, stdout } = check('S0-04: words')
    expect(status).toBe(0)
    expect(stdout).toMatch(/ORIGIN rows +1 +160 +0 +159/)
  })

  it('fails at a slip, and names it', () => {
    const { status, stderr } = check('S0-99: words')
    expect(status).toBe(1)
    expect(stderr).toContain('a.test.ts: "S0-99: words" names "S0-99", which is no id')
  })

  it('fails without results', () => {
    expect(tool('checklist.mjs', '--check', '--results', plantTree({}))).toMatchObject({
      status: 1,
    })
  })
})

describe('tools/layers.mjs', () => {
  it('prints file, line and rule, and fails', () => {
    const root = plantTree({ 'library/src/store/a.ts': "import '../session/a.js'\n" })
    const { status, stderr } = tool('layers.mjs', root)
    expect(status).toBe(1)
    expect(stderr).toBe(
      "library/src/store/a.ts:1: import of '../session/a.js': store must not import session\n",
    )
  })

  it('passes a clean tree', () => {
    const root = plantTree({ 'library/src/errors.ts': 'export {}\n' })
    expect(tool('layers.mjs', root)).toMatchObject({
      status: 0,
      stdout: 'layers: 1 files, no import against the table\n',
    })
  })
})

describe('a tool on an old Node', () => {
  it.each(['start.mjs', 'test.mjs', 'dev.mjs', 'with-node.mjs'])('%s refuses plainly', (name) => {
    const root = plantTree({})
    const old = join(root, 'old.cjs')
    writeFileSync(
      old,
      "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.8' } })",
    )
    const done = spawnSync(process.execPath, ['--require', old, join(tools, name)], {
      encoding: 'utf8',
    })
    expect(done.status).toBe(1)
    expect(done.stderr).toMatch(/^sojourn needs Node 20\.19 or newer; this is Node 18\.20\.8\.\n/)
    expect(existsSync(join(root, 'node_modules'))).toBe(false)
  })
})

describe('tools/test.mjs', () => {
  it.each([['--only', 'everything'], ['--only'], ['--onyl', 'unit'], ['unit']])(
    'refuses what it does not know: %s %s',
    (...args) => {
      const { status, stderr } = tool('test.mjs', ...args)
      expect(status).toBe(1)
      expect(stderr).toContain('usage: npm test [-- --only lint|unit|integration|browser]')
    },
  )
})
