import { StoreUnavailable } from '../../errors.js'

/** First words of Redis' error replies, with what an operator should look at. */
const MEANING: Readonly<Record<string, string>> = {
  OOM: 'it has no memory left for writes',
  READONLY: 'this node is a replica',
  LOADING: 'it is still loading its data',
  MISCONF: 'it cannot write its data to disk and refuses writes',
  NOPERM: 'the user may not do this: see the ACL rules in the documentation',
  WRONGPASS: 'the user or password is wrong',
  NOAUTH: 'it asks for a password',
  CLUSTERDOWN: 'the cluster does not serve every slot',
  TRYAGAIN: 'the slot is being moved to another node',
  MOVED: 'the slot has moved to another node',
  ASK: 'the slot is being moved to another node',
  CROSSSLOT: 'keys of several slots were used together',
  NOREPLICAS: 'too few replicas are connected',
  MASTERDOWN: 'the replica has lost its primary',
  BUSY: 'a script has been running for too long',
  UNKILLABLE: 'a script has been running for too long',
  NOSCRIPT: 'it forgot a script in the moment of its use',
  WRONGTYPE: 'something of another kind rests under one of its keys',
}

/** Redis says these with the general word ERR. */
const SENTENCES: readonly [pattern: RegExp, code: string, meaning: string][] = [
  [/max(imum)? number of clients/i, 'MAXCLIENTS', 'it has its maximum number of clients'],
  [/non local key/i, 'TRYAGAIN', 'the slot is being moved to another node'],
  // Of what a script calls, Redis 7 says so.
  [/user executing the script can't/i, 'NOPERM', MEANING['NOPERM'] ?? ''],
]

/**
 * Whether Redis does not know the script (any more): it restarted, failed over, or was told to forget.
 * valkey-glide has a word of its own for it.
 */
export function isUnknownScript(error: unknown): boolean {
  return /NOSCRIPT|NoScriptError/.test(messageOf(error))
}

/** Whether what was thrown says that the server is a replica: what it holds may be old. */
export function isReplica(error: unknown): boolean {
  return /READONLY|MASTERDOWN/.test(messageOf(error))
}

/**
 * What a verb throws for whatever a client threw: {@link StoreUnavailable} with Redis' code word or the
 * system's error code in its message, and a cause without the command's words: ioredis hangs keys and
 * values on its errors, Redis quotes them.
 */
export function toStoreUnavailable(error: unknown): StoreUnavailable {
  if (error instanceof StoreUnavailable) return error
  const [code, meaning] = diagnose(error)
  return new StoreUnavailable(`Redis is unavailable: ${code}, ${meaning}`, {
    cause: toCause(error),
    isPartial: code === 'TRYAGAIN',
  })
}

/** What is thrown where nothing can be sent; `trouble` is what the client told of it. */
export function toDisconnected(trouble: unknown): StoreUnavailable {
  const words = 'Redis is unavailable: the client is not connected'
  if (trouble === undefined) return new StoreUnavailable(words)
  const [code, meaning] = diagnose(trouble)
  return new StoreUnavailable(`${words} (${code}, ${meaning})`, { cause: toCause(trouble) })
}

function diagnose(error: unknown): readonly [code: string, meaning: string] {
  const message = messageOf(error)
  for (const [pattern, code, meaning] of SENTENCES) {
    if (pattern.test(message)) return [code, meaning]
  }
  for (const word of message.match(/\b[A-Z]{3,}\b/g) ?? []) {
    const meaning = MEANING[word]
    if (meaning !== undefined) return [word, meaning]
  }
  if (/^[A-Z]{3,} /.test(message)) return [message.slice(0, message.indexOf(' ')), 'it failed']
  return [codeOf(error) ?? nameOf(error), 'no answer came over the connection']
}

/** A copy that holds nothing but a name, a message without quoted words, a code and where it happened. */
function toCause(error: unknown): Error {
  const message = messageOf(error).replaceAll(/'[^']*'|"[^"]*"|`[^`]*`/g, '…')
  const cause: Error & { code?: string } = new Error(message.slice(0, 200))
  cause.name = nameOf(error)
  const code = codeOf(error)
  if (code !== undefined) cause.code = code
  return cause
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'Error'
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
