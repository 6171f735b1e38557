/** A Redis that will never do: wrong password, no rights, not Redis, wrong certificate, or it forgets sessions. */
export class StoreRefused extends Error {
  override readonly name = 'StoreRefused'
  readonly code: 'STORE_AUTH' | 'STORE_PROTOCOL' | 'STORE_TLS' | 'STORE_EVICTION'

  constructor(code: StoreRefused['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

const LOGIN_FAULT = /WRONGPASS|NOAUTH|NOPERM/
const DATABASE_FAULT = /invalid DB index|DB index is out of range/i
/** Not "Socket closed unexpectedly" and its like: so does a Redis that is just starting. */
const PROTOCOL_FAULT = /Unknown RESP type|Protocol error/
const TLS_FAULT = /certificate|SSL|ERR_TLS|altname|self.signed/i

/** The refusal in a fault of the connection; `undefined` for one that waiting may mend. */
export function toRefusal(fault: Error | undefined): StoreRefused | undefined {
  const message = fault?.message ?? ''
  const refused = (code: StoreRefused['code'], words: string): StoreRefused =>
    new StoreRefused(code, words, { cause: fault })
  const login = LOGIN_FAULT.exec(message)?.[0]
  if (login !== undefined) {
    return refused('STORE_AUTH', `Redis refused the login (${login}). Check REDIS_URL.`)
  }
  if (DATABASE_FAULT.test(message)) {
    return refused('STORE_PROTOCOL', 'Redis has no such database. Check REDIS_URL and REDIS_DB.')
  }
  if (PROTOCOL_FAULT.test(message)) {
    return refused('STORE_PROTOCOL', 'What answers at REDIS_URL is not Redis.')
  }
  if (TLS_FAULT.test(message)) {
    return refused('STORE_TLS', `The TLS connection to Redis was refused: ${message}.`)
  }
  return undefined
}
