import { describe, expect, it } from 'vitest'
import { contradictionOf, familyOf, systemOf } from '../../../src/guard/anomaly/agent.js'
import { BoundedMap, Ways } from '../../../src/guard/anomaly/memory.js'
import { prefixOf } from '../../../src/guard/anomaly/network.js'
import { distanceOf, isImpossibleTravel } from '../../../src/guard/anomaly/travel.js'
import { incoming } from '../../support/browser.js'
import { AGENTS } from './support.js'

describe('the network of an address', () => {
  it.each([
    ['203.0.113.77', 24, '203.0.113.0/24'],
    ['203.0.113.77', 32, '203.0.113.77/32'],
    ['203.0.113.77', 20, '203.0.112.0/20'],
    ['203.0.113.0', 24, '203.0.113.0/24'],
    ['255.255.255.255', 9, '255.128.0.0/9'],
  ])('%s with %i bits is %s', (address, bits, network) => {
    expect(prefixOf(address, bits, 48)).toBe(network)
  })

  it.each([
    ['2001:db8:1:2:3:4:5:6', 48, '2001:db8:1:0:0:0:0:0/48'],
    ['2001:db8:1::', 48, '2001:db8:1:0:0:0:0:0/48'],
    ['2001:db8:1:ffff::1', 52, '2001:db8:1:f000:0:0:0:0/52'],
    ['::1', 48, '0:0:0:0:0:0:0:0/48'],
    ['::1', 128, '0:0:0:0:0:0:0:1/128'],
  ])('%s with %i bits is %s', (address, bits, network) => {
    expect(prefixOf(address, 24, bits)).toBe(network)
  })

  it('of what is no address is that text', () => {
    expect(['', 'socket'].map((text) => prefixOf(text, 24, 48))).toEqual(['', 'socket'])
  })
})

describe('the family of an agent', () => {
  it('stays when a browser updates itself', () => {
    expect(familyOf(AGENTS.firefox)).toBe('firefox|windows')
    expect(familyOf(AGENTS.newerFirefox)).toBe('firefox|windows')
    expect(familyOf('curl/8.5.0')).toBe(familyOf('curl/8.16.1'))
  })

  it('tells browsers and systems apart, also where one calls itself by the names of others', () => {
    const families = Object.values(AGENTS).map(familyOf)
    expect(families).toEqual([
      'firefox|windows',
      'firefox|windows',
      'chrome|windows',
      'edge|windows',
      'chrome|android',
      'safari|ios',
      'chrome|linux',
    ])
    expect(familyOf('curl/8.5.0')).not.toBe(familyOf('python-requests/2.32'))
  })

  it('is told from labels too, such as those of this library and of its service', () => {
    expect(familyOf('Mozilla/5.0 (Windows NT 10.0)')).toBe('|windows')
    expect(familyOf('desktop|Chrome 142 on Chrome OS')).toBe('chrome|chromeos')
    expect(familyOf('phone|Safari 18 on iPhone')).toBe('safari|ios')
    // What is left of an Android device says Linux alone.
    expect(systemOf('Mozilla/5.0 (Linux)')).toBeUndefined()
  })
})

describe('client hints', () => {
  const hinted = (platform: string, mobile = '?0') => ({
    ...incoming(undefined),
    header: (name: string) =>
      ({ 'sec-ch-ua-platform': platform, 'sec-ch-ua-mobile': mobile })[name],
  })

  it('contradict an agent of another system, or a phone where the session has a desktop', () => {
    expect(contradictionOf(hinted('"Linux"'), AGENTS.chrome)).toBe('linux')
    expect(contradictionOf(hinted('"Windows"', '?1'), AGENTS.chrome)).toBe('windows mobile')
  })

  it('agree with the system that sends them, and say nothing where either side says nothing', () => {
    expect(contradictionOf(hinted('"Windows"'), AGENTS.chrome)).toBeUndefined()
    expect(contradictionOf(hinted('"Android"', '?1'), AGENTS.android)).toBeUndefined()
    expect(contradictionOf(hinted('"Android"', '?0'), AGENTS.android)).toBeUndefined()
    expect(contradictionOf(hinted('"Plan 9"'), AGENTS.chrome)).toBeUndefined()
    expect(contradictionOf(hinted('"Linux"'), 'curl/8')).toBeUndefined()
    expect(contradictionOf(incoming(undefined), AGENTS.chrome)).toBeUndefined()
  })
})

describe('memory', () => {
  it('is bounded: the oldest go, and what is written again is young', () => {
    const map = new BoundedMap<number>(3)
    for (const key of ['a', 'b', 'c']) map.set(key, 1)
    map.set('a', 2)
    map.set('d', 1)
    expect(['a', 'b', 'c', 'd'].map((key) => map.get(key))).toEqual([2, undefined, 1, 1])
  })

  it('follows a session from network to network, and says when it is back too soon', () => {
    const ways = new Ways(10, 10_000)
    const kept = { network: 'A', at: 0 }
    expect(ways.knows('s')).toBe(false)
    expect(ways.note('s', 'B', 1_000, kept)).toBe(false)
    expect(ways.knows('s')).toBe(true)
    expect(ways.note('s', 'B', 2_000, kept)).toBe(false)
    expect(ways.note('s', 'A', 3_000, kept)).toBe(true)
    // From A it went to a third one, and home after a while.
    expect(ways.note('s', 'C', 4_000, kept)).toBe(false)
    expect(ways.note('s', 'A', 20_000, kept)).toBe(false)
  })
})

describe('travel', () => {
  const vienna = { latitude: 48.2, longitude: 16.37 }
  const tokyo = { latitude: 35.68, longitude: 139.69 }
  const graz = { latitude: 47.07, longitude: 15.44 }
  const locate = (address: string) => ({ v: vienna, t: tokyo, g: graz })[address]
  const travels = async (from: string, to: string, hours: number, hook: typeof locate = locate) =>
    isImpossibleTravel(
      { locate: hook },
      { address: from, at: 0 },
      { address: to, at: hours * 3_600_000 },
    )

  it('is measured along the great circle', () => {
    expect(distanceOf(vienna, tokyo)).toBeGreaterThan(9_100)
    expect(distanceOf(vienna, tokyo)).toBeLessThan(9_200)
    expect(distanceOf(vienna, vienna)).toBe(0)
    const antipode = { latitude: -48.2, longitude: 16.37 - 180 }
    expect(distanceOf(vienna, antipode)).toBeCloseTo(Math.PI * 6_371, 0)
  })

  it('is impossible where nobody is so fast, and possible where an airliner is', async () => {
    expect(await travels('v', 't', 1)).toBe(true)
    expect(await travels('v', 't', 12)).toBe(false)
  })

  it('of a few hundred kilometres is what databases of addresses are wrong by', async () => {
    expect(await travels('v', 'g', 0)).toBe(false)
  })

  it('is unknown where the hook knows nothing, or fails', async () => {
    expect(await travels('v', 'unknown', 0)).toBe(false)
    expect(
      await travels('v', 't', 0, () => {
        throw new Error('no database')
      }),
    ).toBe(false)
  })
})
