import type { Response } from 'express'
import type { Refusal } from 'sojourn'
import { sendProblem } from '../http/index.js'
import { durationWords, texts } from '../page/index.js'

/** Answers who has to wait, where no page is wanted. */
export function sendLocked(
  response: Response,
  { status, code, message, retryAfter }: Refusal,
): void {
  const wait = retryAfter === undefined ? {} : { retryAfter }
  sendProblem(response, { status, code, detail: message, ...wait })
}

/** What a form says to who has to wait; the answer it stands in gets its `Retry-After`. */
export function waitingWords(response: Response, { retryAfter = 1 }: Refusal): string {
  response.set('Retry-After', String(retryAfter))
  return texts.problems.tooMany(durationWords(retryAfter * 1_000))
}
