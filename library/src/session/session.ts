import type { EndReason } from '../store/end-reason.js'
import type { SessionId } from '../store/record.js'
import { increment, update } from './atomic.js'
import type { AccessClaims } from '../credential/jwt/index.js'
import { save } from './commit.js'
import { signOut } from './end.js'
import { takeFlash, addFlash } from './flash.js'
import { impersonate, stopImpersonating, type ImpersonateOptions } from './impersonate.js'
import { issueTokens, type IssueOptions, type TokenSet } from './issue.js'
import { isRecent } from './lifetime.js'
import { demandProof } from './pending.js'
import { elevate, type ElevateOptions } from './renew.js'
import { endedAt, NONE, type Resolution } from './resolve.js'
import { headersLeft, signIn, type SignInOptions } from './start.js'
import { toFacts, type SessionFacts } from './facts.js'
import { touch } from './touch.js'
import { attributesOf, readValue, readValues, type Schemas } from './values.js'
import { load, loadNow, type LoadOptions } from './load.js'
import { createKept, type Kept } from './kept.js'
import { schemesFor } from './confirmation.js'
import { active, assertWritable, found, loaded, type Visit } from './visit.js'

/**
 * One request's handle on its session. It is lazy: nothing is asked of the store until something is asked of
 * the handle. `get`, `update`, `incr` and the verbs load by themselves; the plain properties need `await
 * session.load()` first, or a guard in front of the handler.
 *
 * @typeParam Data - the shape of the data, from `createSojourn<Data>()`.
 */
export class Session<Data extends object = Record<string, unknown>> {
  readonly #exchange: { readonly visit: Visit }
  readonly #schemas: Schemas

  /** Sessions are made by `sojourn.exchange()`; applications never call this. */
  constructor(exchange: { readonly visit: Visit }, schemas: Schemas = {}) {
    this.#exchange = exchange
    this.#schemas = schemas
  }

  /** Made when the session is first used. */
  get #visit(): Visit {
    return this.#exchange.visit
  }

  /**
   * Resolves what the request presented: a cookie or an access token. With `{ fresh: true }` the store is asked whatever
   * the near cache knows. Throws `StoreUnavailable` where the store does not answer.
   */
  async load(options: LoadOptions = {}): Promise<this> {
    await load(this.#visit, options)
    return this
  }

  /** Resolves without waiting, where the near cache knows enough. `false`: call `load()`. */
  loadNow(): boolean {
    return loadNow(this.#visit) !== undefined
  }

  /** Whether the properties below can be read. */
  get isLoaded(): boolean {
    return this.#visit.resolution !== undefined
  }

  /** `none | active | expired | revoked | rejected`: what was presented, and what became of it. */
  get state(): Resolution['state'] {
    return loaded(this.#visit).state
  }

  /** Everything resolving said; for guards. */
  get resolution(): Resolution {
    return loaded(this.#visit)
  }

  /** Public id, or `undefined` where there is no live session. Never a secret. */
  get id(): SessionId | undefined {
    return found(this.#visit)?.record.id
  }

  /** Whom the session belongs to, or `undefined` for a guest and for nobody. */
  get subject(): string | undefined {
    return found(this.#visit)?.record.subject
  }

  /** Whether somebody is signed in. */
  get isSignedIn(): boolean {
    return this.subject !== undefined
  }

  /** The store did not answer, and this route serves strangers too (`optionalSession`): nothing can be written. */
  get isUnknown(): boolean {
    return this.#visit.isUnknown
  }

  /** Why the session that was presented is over, or `undefined`. Told to its holder alone. */
  get endReason(): EndReason | undefined {
    return this.#visit.endReason
  }

  /** When it ended: epoch milliseconds by the store's clock, or `undefined` where nobody knows. By whom: `endActor`. */
  get endedAt(): number | undefined {
    return endedAt(this.#visit.resolution)
  }

  /** What the access token says, where one was presented and no cookie; `undefined` otherwise. */
  get claims(): AccessClaims | undefined {
    return found(this.#visit)?.claims
  }

  /** How something better could be sent: what a challenge is made of. A client that sent a token is asked for one. */
  get schemes(): readonly ('Cookie' | 'Bearer' | 'DPoP')[] {
    return schemesFor(this.#visit)
  }

  /** Whether refresh tokens were issued for the live session. */
  get hasTokens(): boolean {
    return found(this.#visit)?.record.family !== undefined
  }

  /** Who acts for the subject, while impersonating; `undefined` otherwise. */
  get actor(): string | undefined {
    return found(this.#visit)?.record.traits.actor
  }

  /** Instants, limits and device of the live session, or `undefined`. */
  get facts(): SessionFacts | undefined {
    const live = found(this.#visit)
    return live === undefined ? undefined : toFacts(live.record, live.now)
  }

  /** Whether the person proved who they are at most `maxAge` milliseconds ago. */
  isRecent(maxAge: number): boolean {
    const found = active(this.#visit)
    return found !== undefined && isRecent(found.record, found.now, maxAge)
  }

  /** A value, or `undefined`. Each call answers a copy of its own. */
  async get<Key extends keyof Data & string>(key: Key): Promise<Data[Key] | undefined> {
    await load(this.#visit)
    return this.#read(key)
  }

  /** All values by key. */
  async all(): Promise<Partial<Data>> {
    await load(this.#visit)
    return readValues(this.#visit, this.#schemas) as Partial<Data>
  }

  /** Facts that all sessions of the subject share, such as a role; see `sojourn.patchSubject`. */
  get attributes(): Readonly<Record<string, unknown>> {
    loaded(this.#visit)
    return attributesOf(active(this.#visit)?.subject)
  }

  /**
   * Sets a value; it is durable before the answer leaves. Only the keys that were set are written: other
   * requests' keys are never overwritten. `undefined` deletes. Throws `SessionDataError` at once for what
   * JSON cannot keep.
   */
  set<Key extends keyof Data & string>(key: Key, value: Data[Key]): void {
    this.#mayWrite()
    if (value === undefined) this.#visit.copy.delete(key)
    else this.#visit.copy.set(key, value)
    this.#saveIfLate()
  }

  /** Deletes a value. */
  delete(key: keyof Data & string): void {
    this.#mayWrite()
    this.#visit.copy.delete(key)
    this.#saveIfLate()
  }

  /** Replaces a value by what `change` makes of it; see `update` in atomic.ts. Written at once. */
  async update<Key extends keyof Data & string>(
    key: Key,
    change: (value: Data[Key] | undefined) => Data[Key],
  ): Promise<Data[Key]> {
    this.#mayWrite()
    return update(this.#visit, key, change)
  }

  /** Adds to a whole number and answers the sum. Written at once; no two requests lose a step. */
  async incr(key: keyof Data & string, by = 1): Promise<number> {
    this.#mayWrite()
    return increment(this.#visit, key, by)
  }

  /** Leaves a message for the next page. */
  async flash(name: string, message: unknown): Promise<void> {
    this.#mayWrite()
    await load(this.#visit)
    addFlash(this.#visit, name, message)
  }

  /** Takes the messages left under `name`, oldest first; they are gone afterwards. */
  async takeFlash(name: string): Promise<readonly unknown[]> {
    await load(this.#visit)
    return takeFlash(this.#visit, name)
  }

  /** Signs a person in: always a new id, the data moves on, the session before ends. */
  async signIn(subject: string, options: SignInOptions = {}): Promise<void> {
    this.#mayWrite()
    await signIn(this.#visit, subject, options)
  }

  /** Ends this session; every credential of it is dead when this resolves. Answers whether there was one. */
  async signOut(reason?: EndReason): Promise<boolean> {
    return signOut(this.#visit, reason)
  }

  /** Every guard refuses this session until `elevate()`; `why` is kept as `facts.awaits`. `false`: nobody is signed in. */
  async demandProof(why: string): Promise<boolean> {
    return demandProof(this.#visit, why)
  }

  /** The person proved again who they are: recent from now on, under a new secret. */
  async elevate(options: ElevateOptions = {}): Promise<void> {
    this.#mayWrite()
    await elevate(this.#visit, options)
  }

  /**
   * Issues an access token and the first refresh token of a new family for this session. They die with it. A family
   * that was issued before is dead from now on.
   */
  async issueTokens(options: IssueOptions = {}): Promise<TokenSet> {
    this.#mayWrite()
    return issueTokens(this.#visit, options)
  }

  /**
   * Opens a session of its own for `subject`, in which this session's person acts: it says so in its facts and tokens,
   * cannot be elevated, and ends with either side. This visit goes on as that session.
   */
  async impersonate(subject: string, options: ImpersonateOptions): Promise<void> {
    this.#mayWrite()
    await impersonate(this.#visit, subject, options)
  }

  /** Ends the impersonation and goes back to the session it was opened from. `false`: there is none. */
  async stopImpersonating(): Promise<boolean> {
    this.#mayWrite()
    return stopImpersonating(this.#visit)
  }

  /** The person stays: the idle time starts anew, durable when this resolves. Answers `false` where there is no session. */
  async touch(): Promise<boolean> {
    return touch(this.#visit)
  }

  /** Makes everything set so far durable now. Throws `SessionEnded` where the session ended meanwhile. */
  async save(): Promise<void> {
    await save(this.#visit)
  }

  /** Forgets what was set and deleted and not saved yet. */
  discard(): void {
    this.#visit.copy.discard()
  }

  /** What guards keep in this session, out of the application's reach. */
  get kept(): Kept {
    return createKept(this.#visit, () => this.#mayWrite())
  }

  /** From here on this request only reads; writing throws. */
  makeReadOnly(): void {
    this.#visit.isReadOnly = true
  }

  /** What was presented does not count in this request: it came from where the session is not bound to. For guards. */
  reject(code: 'binding_mismatch' | 'agent_mismatch'): void {
    this.#visit.resolution = { state: 'rejected', code }
    this.#visit.isFromCache = false
  }

  /** The store did not answer: go on as nobody. For adapters. */
  treatAsUnknown(): void {
    this.#visit.resolution = NONE
    this.#visit.isUnknown = true
  }

  #read<Key extends keyof Data & string>(key: Key): Data[Key] | undefined {
    return readValue(this.#visit, this.#schemas, key) as Data[Key] | undefined
  }

  /** Behind the head of the answer nothing waits for a save: it is done at once, or refused where it needs a cookie. */
  #saveIfLate(): void {
    const visit = this.#visit
    if (!visit.request.isAnswering()) return
    if (visit.resolution !== undefined && active(visit) === undefined) throw headersLeft()
    visit.core.upkeep.saveLate(visit, async () => save(visit))
  }

  #mayWrite(): void {
    assertWritable(this.#visit)
  }
}
