import { readFile, stat } from 'node:fs/promises'
import { BlockList, isIP } from 'node:net'
import { openPlaceFile, type PlaceFile } from './place-file.js'

/** Tells where addresses are. */
export interface Places {
  /** Of an address or network (`203.0.113.0/24`) as it was kept; `undefined` where that is not known. */
  placeOf(address: string | undefined): string | undefined
}

/** For who has no file. */
export const noPlaces: Places = { placeOf: () => undefined }

/** A new file is looked for this often, and only while pages are shown. */
const LOOK_EVERY = 60_000

interface PlacesOptions {
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Hears that a new file cannot be used; the one before stays. */
  readonly onFault: (error: unknown) => void
}

/**
 * Reads the file once; a new one under the same name is taken into use within a minute, without a restart.
 *
 * @throws Error where there is none, or it is no such file
 */
export async function createPlaces(path: string, options: PlacesOptions): Promise<Places> {
  let [file, version] = await open(path)
  let lookedAt = options.now()
  const refresh = async (): Promise<void> => {
    try {
      if ((await versionOf(path)) !== version) [file, version] = await open(path)
    } catch (error) {
      options.onFault(error)
    }
  }
  return {
    placeOf(address) {
      const bare = address?.replace(/\/\d+$/, '') ?? ''
      if (isIP(bare) === 0 || isPrivate(bare)) return undefined
      const now = options.now()
      if (now - lookedAt >= LOOK_EVERY) {
        lookedAt = now
        void refresh()
      }
      return file.placeOf(bare)
    },
  }
}

async function open(path: string): Promise<[file: PlaceFile, version: string]> {
  const version = await versionOf(path)
  return [openPlaceFile(await readFile(path)), version]
}

async function versionOf(path: string): Promise<string> {
  const { mtimeMs, size, ino } = await stat(path)
  return [mtimeMs, size, ino].join(' ')
}

/** Of a house, of the machine itself, of the way to the provider (RFC 6890): nowhere on a map. */
const PRIVATE = new BlockList()
for (const network of [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16'],
  ...['172.16.0.0/12', '192.168.0.0/16'],
]) {
  const [address = '', length] = network.split('/')
  PRIVATE.addSubnet(address, Number(length), 'ipv4')
}
PRIVATE.addSubnet('::', 127, 'ipv6')
PRIVATE.addSubnet('fc00::', 7, 'ipv6')
PRIVATE.addSubnet('fe80::', 10, 'ipv6')

function isPrivate(address: string): boolean {
  return PRIVATE.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}
