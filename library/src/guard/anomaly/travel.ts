import type { AnomalySettings, Place } from './options.js'

/** Kilometres an hour: an airliner, and what is left of a delay. */
const FASTEST = 1_000
/** Kilometres: what databases of addresses are wrong by. */
const NEAR = 300
/** Kilometres: mean radius of the earth. */
const RADIUS = 6_371
/** Milliseconds: a record is marked as seen about once a minute. */
const LEAST_TIME = 60_000

/** An address with an instant. */
export interface Stop {
  readonly address: string | undefined
  readonly at: number
}

/** Whether nobody gets from one to the other in the time. `false` where nobody knows where they are. */
export async function isImpossibleTravel(
  { locate }: Pick<AnomalySettings, 'locate'>,
  from: Stop,
  to: Stop,
): Promise<boolean> {
  if (locate === undefined || from.address === undefined || to.address === undefined) return false
  try {
    const [start, end] = await Promise.all([locate(from.address), locate(to.address)])
    if (start === undefined || end === undefined) return false
    const distance = distanceOf(start, end)
    const hours = Math.max(to.at - from.at, LEAST_TIME) / 3_600_000
    return distance > NEAR && distance / hours > FASTEST
  } catch {
    // The application's hook: where it fails, nobody knows where they are.
    return false
  }
}

/** Kilometres along a great circle (haversine formula). */
export function distanceOf(from: Place, to: Place): number {
  const [a, b] = [radians(from.latitude), radians(to.latitude)]
  const height = Math.sin((b - a) / 2) ** 2
  const width = Math.sin(radians(to.longitude - from.longitude) / 2) ** 2
  return 2 * RADIUS * Math.asin(Math.sqrt(Math.min(height + Math.cos(a) * Math.cos(b) * width, 1)))
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180
}
