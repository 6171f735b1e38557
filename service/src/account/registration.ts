import type { NewAccount } from './account.js'
import { isCommonPassword, isMadeOfWords } from './common-password.js'
import { InvalidField } from './errors.js'
import { isAddress, isAddressKey, isVisibleName, LONGEST_NAME, nameKey, shownName } from './name.js'
import { isAcceptablePassword, isPossiblePassword, PASSWORD_MOST_BYTES } from './password.js'
import type { AccountTable } from './schema.js'

/** What is wrong with a name, as a sentence after its field. */
export const NAME_RULE = `must be 1 to ${String(LONGEST_NAME)} visible characters`
/** What is wrong with an address. */
export const ADDRESS_RULE = 'must be an e-mail address'

type Names = Pick<AccountTable, 'username' | 'username_key' | 'email' | 'email_key'>

/**
 * The names of a new account with their keys.
 *
 * @throws InvalidField
 */
export function toNames({ username, email }: NewAccount): Names {
  if (username === undefined && email === undefined) {
    throw new InvalidField('username', 'username must be a string.')
  }
  const name = checked('username', username, isVisibleName, NAME_RULE)
  const address = checked('email', email, isAddress, ADDRESS_RULE)
  return {
    username: name?.shown ?? null,
    email: address?.shown ?? null,
    ...toKeys(name?.key, address?.key),
  }
}

interface Name {
  readonly shown: string
  readonly key: string
}

function checked(
  field: string,
  text: string | undefined,
  isValid: (text: string) => boolean,
  rule: string,
): Name | undefined {
  if (text === undefined) return undefined
  if (isValid(text)) return { shown: shownName(text), key: nameKey(text) }
  throw new InvalidField(field, `${field} ${rule}.`)
}

/** A user name that is an address counts as one: see `isAddressKey`. */
function toKeys(
  name: string | undefined,
  address: string | undefined,
): Pick<Names, 'username_key' | 'email_key'> {
  if (name === undefined || !isAddressKey(name)) {
    return { username_key: name ?? null, email_key: address ?? null }
  }
  if (address !== undefined && address !== name) {
    throw new InvalidField('username', 'username may hold an @ only where it is the email.')
  }
  return { username_key: null, email_key: name }
}

/** What a new password is held to. */
export interface PasswordRules {
  /** The fewest characters. */
  readonly minimum: number
  /** Whether the most common ones, and those made of the person's own names, are refused. */
  readonly refusesCommon: boolean
}

/** Words that nobody should make a password of here. */
const OUR_NAME = 'sojourn'

/**
 * Checks a password that somebody wants to have, who goes by these names.
 *
 * @throws InvalidField
 */
export async function checkPassword(
  password: string,
  { minimum, refusesCommon }: PasswordRules,
  names: readonly (string | null)[],
): Promise<void> {
  checkLength(password, minimum)
  if (!refusesCommon) return
  if (isMadeOfWords(password, [OUR_NAME, ...wordsOf(names)])) {
    throw new InvalidField(
      'password',
      'password must not be your name or the name of this service.',
    )
  }
  if (await isCommonPassword(password)) {
    const message = 'This password is among the most common ones. Choose another.'
    throw new InvalidField('password', message)
  }
}

/** Names, and of an address what stands before the @. */
function wordsOf(names: readonly (string | null)[]): readonly string[] {
  return names.flatMap((name) => (name === null ? [] : [name, name.split('@', 1)[0] ?? '']))
}

function checkLength(password: string, minimum: number): void {
  if (isAcceptablePassword(password, minimum)) return
  const isTooLong = Buffer.byteLength(password) > PASSWORD_MOST_BYTES
  const isBroken = !isTooLong && password !== '' && !isPossiblePassword(password)
  const rule = isTooLong
    ? `must be at most ${String(PASSWORD_MOST_BYTES)} bytes`
    : isBroken
      ? 'must be valid Unicode text'
      : `must have at least ${String(minimum)} characters`
  throw new InvalidField('password', `password ${rule}.`)
}
