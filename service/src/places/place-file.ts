import { Reader, type Response } from 'mmdb-lib'

/** A file in MaxMind's format, opened. */
export interface PlaceFile {
  /** Of an address without a prefix length: `Lisbon, Portugal`; `undefined` where the file does not know. */
  placeOf(address: string): string | undefined
}

const LANGUAGE = 'en'
/** Longer names are no names of places. */
const LONGEST = 80

/**
 * Opens what a file holds: of any vendor, with towns or with countries alone.
 *
 * @throws Error where it is no such file, or a damaged one
 */
export function openPlaceFile(bytes: Buffer): PlaceFile {
  const reader = new Reader(bytes)
  check(reader, bytes)
  return {
    placeOf(address) {
      try {
        return toPlace(reader.get(address) as Fields | null)
      } catch {
        // A damaged entry, or an IPv6 address in a file of IPv4: then no place is known.
        return undefined
      }
    },
  }
}

/** The marker at the end alone makes no file: what it says of the rest must be possible. */
function check({ metadata }: Reader<Response>, bytes: Buffer): void {
  const { binaryFormatMajorVersion: version, searchTreeSize: size, nodeCount } = metadata
  if (version !== 2 || nodeCount < 1 || !(size > 0 && size < bytes.length)) {
    throw new Error('what it says of itself does not fit')
  }
}

type Fields = Readonly<Record<string, unknown>>

/** MaxMind and DB-IP nest names by language; others have flat texts. */
function toPlace(entry: Fields | null): string | undefined {
  if (entry === null || typeof entry !== 'object') return undefined
  const city = nameIn(entry['city'])
  const country =
    nameIn(entry['country']) ?? nameIn(entry['country_name']) ?? nameIn(entry['registered_country'])
  const parts = [city, country === undefined ? undefined : spelt(country)]
  const place = parts.filter((part) => part !== undefined).join(', ')
  return place === '' ? undefined : place.slice(0, LONGEST)
}

function nameIn(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  if (typeof value !== 'object' || value === null) return undefined
  const { names, iso_code: code } = value as {
    readonly names?: Fields
    readonly iso_code?: unknown
  }
  return nameIn(names?.[LANGUAGE]) ?? nameIn(code)
}

const countries = new Intl.DisplayNames(LANGUAGE, { type: 'region', fallback: 'code' })

/** `PT` is Portugal. */
function spelt(country: string): string {
  return /^[A-Z]{2}$/.test(country) ? (countries.of(country) ?? country) : country
}
