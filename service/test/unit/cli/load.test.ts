import { describe, expect, it } from 'vitest'
import { shell } from './support.js'

const HERE = 'http://127.0.0.1:1'

describe('sojourn load', () => {
  it('refuses what it cannot understand with exit code 2, and says what was meant', async () => {
    const { sojourn } = shell()
    const cases = {
      [`${HERE} --usres 3`]: '(Did you mean --users?)',
      [`${HERE} --mix raed=1`]: 'Did you mean read?',
      [`${HERE} --duration 30`]: 'Did you mean 30s?',
      [`${HERE} --max-errors 1`]: 'Did you mean 1%?',
      [`${HERE} --max-p99 fast`]: 'A time with its unit is wanted',
      [`${HERE} --duration 25h`]: 'It must lie between 100 ms and 24h.',
      [`${HERE} --rate 0`]: 'more than 0',
      [`${HERE} --users 0`]: 'A whole number from 1 to 100,000 is wanted.',
      [`${HERE} --connections 1e3`]: 'A whole number from 1 to 10,000 is wanted.',
      [`${HERE} --show both,cookie`]: 'It is cookie, bearer or both.',
      [`${HERE} --users 2 --accounts 3`]: '--accounts is more than --users',
      [`${HERE}/app`]: `only the origin is wanted: ${HERE}`,
      [`${HERE} --path /me`]: '--path is for --app.',
      [`${HERE} --app --mix read=1`]: '--mix is for people at our own routes',
      [`${HERE} --app --path me`]: 'A path begins with one slash',
      [`${HERE} --app --path //evil.example/`]: 'A path begins with one slash',
      [`${HERE} --app --cookie - --bearer -`]: 'holds one credential',
      'ftp://127.0.0.1': 'an address such as http://localhost:3000 is wanted.',
      'localhost:3000': 'an address such as http://localhost:3000 is wanted.',
    }
    for (const [line, words] of Object.entries(cases)) {
      const { code, out, error } = await sojourn(`load ${line}`)
      expect([code, out], line).toEqual([2, ''])
      expect(error.replaceAll(/\s+/g, ' '), line).toContain(words)
    }
  })

  it('loads nobody who is not this machine without being told that it may', async () => {
    const { sojourn } = shell()
    for (const url of [
      'https://app.example',
      'http://192.168.0.1',
      'http://127.0.0.1.evil.example',
      'http://localhost.example',
      'http://[2001:db8::1]',
      'http://0.0.0.0:1',
    ]) {
      const { code, error } = await sojourn(`load ${url}`)
      expect(code, url).toBe(2)
      expect(error).toContain('is not this machine')
      expect(error).toContain('--yes-this-is-mine')
    }
  })

  it('shows no credential that stands where it should not', async () => {
    const { sojourn } = shell()
    const said = [
      await sojourn(`load http://ann:aGoodPassword9@127.0.0.1:1`),
      await sojourn(`load htps://ann:aGoodPassword9@127.0.0.1:1`),
      await sojourn(`load http://:aGoodPassword9@127.0.0.1:1`),
      await sojourn(`load ${HERE} --app --cookie session=aGoodPassword9`),
      await sojourn(`load ${HERE} --app --bearer aGoodPassword9`),
    ]
    expect(said.map(({ code }) => code)).toEqual([2, 2, 2, 1, 1])
    for (const { out, error } of said) {
      expect(out + error).not.toContain('aGoodPassword9')
    }
  })

  it('says that nothing answers, with exit code 1', async () => {
    const { sojourn } = shell()
    const { code, error } = await sojourn(`load ${HERE} --duration 100ms --warm-up 0s`)
    expect([code, error]).toEqual([1, expect.stringContaining('Nothing answers there')])
  })
})
