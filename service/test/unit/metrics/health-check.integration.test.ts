import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { freePort } from '../../../../library/test/support/redis-server.js'
import { listen } from '../../../../library/test/support/web.js'
import { repositoryFile } from './panels.js'

/** Runs the health check of the image as Docker would, and answers its exit code. */
async function check(port: number): Promise<number | null> {
  const dockerfile = readFileSync(repositoryFile('Dockerfile'), 'utf8')
  const [, json = ''] = /^HEALTHCHECK .*\\\n +CMD (.*)$/m.exec(dockerfile) ?? []
  const [command = '', ...args] = JSON.parse(json) as string[]
  const child = spawn(command, args, { env: { ...process.env, PORT: String(port) } })
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('exit', resolve)
  })
}

describe('the health check of the image', () => {
  it.each([
    [200, 0],
    [503, 1],
    [302, 1],
  ])('an answer of %d makes it exit with %d', async (status, code) => {
    const asked: (string | undefined)[] = []
    const server = await listen((request, response) => {
      asked.push(request.url)
      response.writeHead(status, { location: 'https://app.example/' }).end()
    })
    expect(await check(server.port)).toBe(code)
    await server.close()
    expect(asked).toEqual(['/health/live'])
  })

  it('nobody there makes it exit with 1', async () => {
    expect(await check(await freePort())).toBe(1)
  })
})
