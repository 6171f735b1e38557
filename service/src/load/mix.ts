import { distance } from '../config/unknown.js'

/** What people do in a load test. The order is that of every table. */
export const OPERATIONS = ['sign-in', 'read', 'write', 'refresh', 'sign-out'] as const

export type Operation = (typeof OPERATIONS)[number]

/** How often each is done, in shares of any sum. */
export type Mix = Readonly<Record<Operation, number>>

/** Most requests read; who signs out must have signed in. */
export const DEFAULT_MIX: Mix = { 'sign-in': 3, read: 80, write: 10, refresh: 5, 'sign-out': 2 }

/** `read=80,write=10`. */
export function mixText(mix: Mix): string {
  return OPERATIONS.filter((operation) => mix[operation] > 0)
    .map((operation) => `${operation}=${String(mix[operation])}`)
    .join(',')
}

/** Reads `read=80,write=10`; what is not named is not done. A text that is no mix: why not. */
export function parseMix(text: string): Mix | string {
  const shares = new Map<Operation, number>()
  for (const part of text.split(',')) {
    const [name = '', share = '', ...rest] = part.trim().split('=')
    const operation = OPERATIONS.find((known) => known === name)
    if (operation === undefined) return unknownOperation(name)
    if (shares.has(operation)) return `${operation} stands there twice.`
    if (rest.length > 0 || !/^\d{1,6}(\.\d{1,3})?$/.test(share)) {
      return `${operation} needs a share, such as ${operation}=10.`
    }
    shares.set(operation, Number(share))
  }
  const mix = toMix(shares)
  return OPERATIONS.some((operation) => mix[operation] > 0) ? mix : 'Every share is 0.'
}

function toMix(shares: ReadonlyMap<Operation, number>): Mix {
  const share = (operation: Operation): number => shares.get(operation) ?? 0
  return {
    'sign-in': share('sign-in'),
    read: share('read'),
    write: share('write'),
    refresh: share('refresh'),
    'sign-out': share('sign-out'),
  }
}

/** Words that other tools use for the same. */
const ALSO: Readonly<Record<string, Operation>> = {
  login: 'sign-in',
  signin: 'sign-in',
  logout: 'sign-out',
  signout: 'sign-out',
  get: 'read',
  patch: 'write',
  rotate: 'refresh',
}

function unknownOperation(name: string): string {
  const word = name.toLowerCase()
  const meant = ALSO[word] ?? OPERATIONS.find((known) => distance(known, word) <= 2)
  const list = `${OPERATIONS.slice(0, -1).join(', ')} and ${OPERATIONS.at(-1) ?? ''}`
  const shown = JSON.stringify(name.slice(0, 30))
  const question = meant === undefined ? '' : ` Did you mean ${meant}?`
  return `${shown} is nothing that people do here.${question} There are ${list}.`
}

/**
 * Answers what is to be done next, again and again: smooth weighted round robin. No chance is needed: after any number
 * of turns no operation is more than one turn off its share, and equals never come in bursts.
 */
export function createTurns(mix: Mix): () => Operation {
  const chosen = OPERATIONS.filter((operation) => mix[operation] > 0)
  const sum = chosen.reduce((total, operation) => total + mix[operation], 0)
  const credit = new Map(chosen.map((operation) => [operation, 0]))
  return () => {
    let best: Operation | undefined
    for (const operation of chosen) {
      const due = (credit.get(operation) ?? 0) + mix[operation]
      credit.set(operation, due)
      if (best === undefined || due > (credit.get(best) ?? 0)) best = operation
    }
    const next = best ?? 'read'
    credit.set(next, (credit.get(next) ?? 0) - sum)
    return next
  }
}
