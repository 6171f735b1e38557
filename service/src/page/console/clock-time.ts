/** The time of day of an instant, in UTC: `14:05:09`. */
export function clockTime(at: number): string {
  return new Date(at).toISOString().slice(11, 19)
}
