/** One request of a walk. What it sends stands in the description already, unless it says otherwise here. */
export interface Step {
  readonly says: string
  /** The `operationId`. */
  readonly call: string
  /** The status that it is answered with. */
  readonly status: number
  /** The session cookie, unless a variable with a token is named, or `nobody`. */
  readonly by?: 'nobody' | 'accessToken' | 'refreshToken' | 'adminToken'
  /** A body. `{{name}}` stands for a variable. */
  readonly body?: Readonly<Record<string, unknown>>
  /** Instead of `{id}`, or what else is open, in the path. */
  readonly id?: string
  /** What stands behind the path, where the operation wants it: `act=disable`. */
  readonly query?: string
  /** Asks for a page. */
  readonly isPage?: true
  /** Variables, and where their values are in the answer: `tokens.accessToken`. */
  readonly keeps?: Readonly<Record<string, string>>
  /** Text that the answer has. */
  readonly tells?: string
  /** Makes up a name that nobody has, before it asks. */
  readonly isNewPerson?: true
}

export interface Walk {
  readonly name: string
  readonly about: string
  /** A variable without which nothing of it is asked. */
  readonly needs?: string
  readonly steps: readonly Step[]
}

/** What the collection starts with. `username` is made up anew in each run. */
export const VARIABLES: Readonly<Record<string, string>> = {
  username: 'walker',
  password: 'a long walk 2 the sea',
  accessToken: '',
  refreshToken: '',
  spentToken: '',
  otherSession: '',
  adminToken: '',
  userId: '',
}
