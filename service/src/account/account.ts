/** A person's record. Holds nothing that could be presented. Instants are epoch milliseconds. */
export interface Account {
  /** 128 random bits; the subject of the person's sessions. */
  readonly id: string
  readonly username: string | undefined
  readonly email: string | undefined
  readonly role: Role
  readonly createdAt: number
  readonly passwordChangedAt: number
  /** When the account was switched off. */
  readonly disabledAt: number | undefined
}

export type Role = 'user' | 'admin'

/** What a person gives to register: a user name, an address, or both. */
export interface NewAccount {
  readonly username?: string | undefined
  readonly email?: string | undefined
  readonly password: string
  readonly role?: Role
}

/** What registering can come to. */
export type Registration =
  { readonly outcome: 'registered'; readonly account: Account } | { readonly outcome: 'taken' }

/** What checking a password can come to. `disabled` is said only to who knows the password. */
export type Verification =
  | { readonly outcome: 'verified'; readonly account: Account }
  | { readonly outcome: 'disabled'; readonly account: Account }
  | { readonly outcome: 'wrong' }

/** A part of what a search finds. */
export interface SearchPage {
  /** From 1. */
  readonly limit: number
  /** The id of the last account on the page before. */
  readonly after?: string | undefined
  /** Only people with this role. */
  readonly role?: Role | undefined
}

/** What holds for taking an administrator away. */
export interface AdministratorRule {
  /** Nothing changes where nobody else would be an administrator whose account is on. Default `false`. */
  readonly keepsAdministrator?: boolean
}

/** The accounts. Every method throws `AccountsUnavailable` where the database cannot be used. */
export interface Accounts {
  /** @throws InvalidField, Busy */
  register(person: NewAccount): Promise<Registration>
  get(id: string): Promise<Account | undefined>
  /** Those of these ids that there are, at most 100, in no order. */
  getMany(ids: readonly string[]): Promise<readonly Account[]>
  /** Finds a person by user name or address, by the rule of `nameKey`. */
  findByLogin(login: string): Promise<Account | undefined>
  /** Takes the same time whether or not there is such a person. @throws Busy */
  verifyPassword(login: string, password: string): Promise<Verification>
  /** The same for a person who is signed in already. @throws Busy */
  verifyPasswordOf(id: string, password: string): Promise<Verification>
  /** `false` where there is no such person. @throws InvalidField, Busy */
  changePassword(id: string, password: string): Promise<boolean>
  /** Makes somebody an administrator, or no longer one. `false` where there is no such person, or nothing changes. */
  setRole(id: string, role: Role, rule?: AdministratorRule): Promise<boolean>
  /** Whether there is an administrator whose account is on. */
  hasAdministrator(): Promise<boolean>
  /** Switches an account off. `false` where there is none, it is off already, or the rule forbids it. */
  disable(id: string, rule?: AdministratorRule): Promise<boolean>
  /** Switches it on again. `false` where there is none, or it is on already. */
  enable(id: string): Promise<boolean>
  /** People whose name or address holds this text, literally, or whose id it is; in no order that means anything. */
  search(text: string, page: SearchPage): Promise<readonly Account[]>
  /** Deletes an account. `false` where there is none. */
  remove(id: string): Promise<boolean>
  /** Whether the database answers. */
  isAvailable(): Promise<boolean>
  close(): Promise<void>
}
