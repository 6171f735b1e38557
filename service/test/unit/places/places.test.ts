import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { createPlaces, noPlaces, openPlaceFile } from '../../../src/places/index.js'
import { mmdb, town } from '../../support/mmdb.js'
import { load, production, refusal } from '../config/support.js'

const folder = mkdtempSync(join(tmpdir(), 'sojourn-places-'))
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

const FILE = mmdb({
  '203.0.113.0/24': town('Lisbon', 'Portugal', 'PT'),
  '198.51.100.0/24': { country: { names: { en: 'Austria' } } },
  '192.0.2.0/25': { city: 'Porto', country: 'PT' },
  '192.0.2.128/25': { country_name: 'Elsewhere', city: '' },
  '198.18.0.0/24': { country: { iso_code: 'DE', names: { de: 'Deutschland' } } },
  '198.18.1.0/24': { location: 'nothing we know' },
  '10.0.0.0/8': town('Nowhere', 'Nowhere', 'XX'),
  '2001:db8:1::/48': town('Vienna', 'Austria', 'AT'),
})

let count = 0
const written = (bytes: Buffer): string => {
  const path = join(folder, `${String((count += 1))}.mmdb`)
  writeFileSync(path, bytes)
  return path
}

describe('a file of places', () => {
  it('tells town and country, of whatever vendor, and only what it knows', () => {
    const { placeOf } = openPlaceFile(FILE)
    const known = {
      '203.0.113.7': 'Lisbon, Portugal',
      '198.51.100.1': 'Austria',
      '192.0.2.1': 'Porto, Portugal',
      '192.0.2.200': 'Elsewhere',
      '198.18.0.1': 'Germany',
      '198.18.1.1': undefined,
      '8.8.8.8': undefined,
      '2001:db8:1:2::3': 'Vienna, Austria',
      '2001:db8:2::': undefined,
    }
    const told = Object.keys(known).map((address) => [address, placeOf(address)])
    expect(Object.fromEntries(told)).toEqual(known)
  })

  it('is no place for names that are too long, and no fault where an entry is damaged', () => {
    const long = openPlaceFile(mmdb({ '1.0.0.0/8': { country: 'x'.repeat(200) } }))
    expect(long.placeOf('1.1.1.1')).toHaveLength(80)
    const broken = Buffer.from(FILE)
    const at = broken.indexOf('Lisbon')
    broken.fill(0xff, at - 60, at)
    const file = openPlaceFile(broken)
    expect(['203.0.113.7', 'no address', ''].map((text) => file.placeOf(text))).not.toContain('')
  })
})

describe('places', () => {
  const never = () => {
    throw new Error('no fault was meant')
  }

  it('are looked up by address or by the network that was kept; private addresses are nowhere', async () => {
    const places = await createPlaces(written(FILE), { now: () => 0, onFault: never })
    for (const address of ['203.0.113.7', '203.0.113.0', '203.0.113.0/24']) {
      expect(places.placeOf(address)).toBe('Lisbon, Portugal')
    }
    expect(places.placeOf('2001:db8:1::/48')).toBe('Vienna, Austria')
    const none = ['10.1.2.3', '127.0.0.1', '192.168.0.0/24', '::1', 'fe80::1', 'fd00::1']
    for (const address of [...none, undefined, '', 'mFq0a2-keyed-hash', '<b>']) {
      expect(places.placeOf(address), String(address)).toBeUndefined()
      expect(noPlaces.placeOf(address)).toBeUndefined()
    }
  })

  it('come from a new file within a minute; one that cannot be used changes nothing', async () => {
    const path = written(FILE)
    const faults: unknown[] = []
    let now = 0
    const places = await createPlaces(path, {
      now: () => now,
      onFault: (error) => faults.push(error),
    })
    const replace = (bytes: Buffer) => {
      renameSync(written(bytes), path)
    }
    const here = () => places.placeOf('203.0.113.7')
    replace(Buffer.from('half a download'))
    expect(here()).toBe('Lisbon, Portugal')
    now = 60_000
    expect(here()).toBe('Lisbon, Portugal')
    await vi.waitFor(() => {
      expect(faults).toHaveLength(1)
    })
    replace(mmdb({ '203.0.113.0/24': town('Faro', 'Portugal', 'PT') }))
    expect(here()).toBe('Lisbon, Portugal')
    now = 120_000
    await vi.waitFor(() => {
      expect(here()).toBe('Faro, Portugal')
    })
    expect(faults).toHaveLength(1)
  })
})

describe('PLACES_FILE', () => {
  it('is taken where it can tell places, and otherwise refused at the start', () => {
    const good = written(FILE)
    expect(load(production({ PLACES_FILE: good })).operation.placesFile).toBe(good)
    expect(load(production()).operation.placesFile).toBeUndefined()
    const missing = join(folder, 'missing.mmdb')
    const broken: readonly (readonly [path: string, message: string])[] = [
      [missing, `PLACES_FILE ${missing} cannot be read: ENOENT.`],
      [folder, `PLACES_FILE ${folder} cannot be read: EISDIR.`],
      ...[
        Buffer.alloc(0),
        Buffer.from('{"not": "a database"}'),
        FILE.subarray(0, 200),
        FILE.subarray(-150),
        Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1'),
      ].map((bytes) => {
        const path = written(bytes)
        return [path, `PLACES_FILE ${path} is no file in MaxMind's format (.mmdb).`] as const
      }),
    ]
    for (const [path, message] of broken) {
      expect(refusal(production({ PLACES_FILE: path }))).toEqual({ code: 'CONFIG_PLACES', message })
    }
  })
})
