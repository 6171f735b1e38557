import type { Client } from 'sojourn/browser'
import { defineExpiryDialog } from 'sojourn/browser/expiry'
import { say, type Words } from './words.js'

/** "Are you still there?" in the words of the page. That it is over says over.ts, which takes the page away as well. */
export function warnBeforeEnd(client: Client, { expiry, time }: Words): void {
  const amount = (value: number, unit: string): string =>
    new Intl.NumberFormat(time.language, { style: 'unit', unit, unitDisplay: 'long' }).format(value)
  defineExpiryDialog(client, {
    showsEnd: false,
    texts: {
      ...expiry,
      body: (left) => say(expiry.body, left),
      lastBody: (left) => say(expiry.lastBody, left),
      left(seconds) {
        const minutes = Math.floor(seconds / 60)
        const rest = seconds % 60
        return [
          ...(minutes === 0 ? [] : [amount(minutes, 'minute')]),
          ...(minutes > 0 && rest === 0 ? [] : [amount(rest, 'second')]),
        ].join(' ')
      },
    },
  })
}
