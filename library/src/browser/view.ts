import { createEmitter, type Emitter, type SessionState } from './events.js'
import type { Facts } from './facts.js'
import type { Platform } from './platform.js'
import type { Message, Tabs } from './tabs.js'

/** How long a tab waits for the one that asks for all, before it goes on by itself. */
const OTHERS_TURN = 2_500
/** Timers of a page that sleeps are late: long waits are cut, and looked at again. */
const LONGEST_WAIT = 600_000
const LONGEST_PAUSE = 60_000
const SECOND = 1_000

/** What the clock of the page said when the request was sent to which the service answered with these. */
type Seen = Facts & { readonly seenAt: number }

/** What this tab knows of the session, and the moments at which it says so. */
export class View {
  /** Asks the service for the session; set once, before anything else. Nobody is frightened, or thrown out, unasked. */
  ask: () => Promise<void> = () => Promise.resolve()
  state: SessionState = { status: 'unknown' }
  readonly on: Emitter['on']
  readonly #emit: Emitter['emit']
  readonly #platform: Platform
  readonly #tabs: Tabs
  readonly #warnBefore: number
  #current: Seen | undefined
  /** The service's time of the last thing that was believed: what is older has been overtaken. */
  #newest = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(platform: Platform, tabs: Tabs, warnBefore: number) {
    const emitter = createEmitter()
    this.on = emitter.on
    this.#emit = emitter.emit
    this.#platform = platform
    this.#tabs = tabs
    this.#warnBefore = warnBefore
    tabs.listen((message) => this.#hear(message))
  }

  /** Milliseconds until the session ends, by the service's clock; 0 where there is none. */
  left(): number {
    return Math.max(0, (this.#current?.endsAt ?? 0) - this.#serverNow())
  }

  /** Whether an answer to what was sent after `at` (of the page's clock) told of a live session. */
  isNewerThan(at: number): boolean {
    return this.#current !== undefined && this.#current.seenAt > at
  }

  /** @param seenAt - when the request was sent, by the page's clock: the service's time was read after it. */
  apply(facts: Facts | undefined, seenAt: number, isOwn = true): void {
    if (facts === undefined || facts.serverTime < this.#newest) return
    const before = this.#current
    this.#newest = facts.serverTime
    this.#current = { ...facts, seenAt }
    if (isOwn) this.#tabs.post({ type: 'facts', facts, age: this.#platform.now() - seenAt })
    const { id, subject, endsAt, mayExtend } = facts
    const isSame = before?.id === id
    const isExpiring = isSame && this.state.isExpiring === true && this.#untilWarning() <= 0
    this.#set({ status: 'active', id, subject, endsAt, mayExtend, isExpiring })
    if (isSame && endsAt > before.endsAt) {
      this.#emit('extended', { secondsLeft: this.secondsLeft(), endsAt })
    }
    this.#schedule()
  }

  /** @param told - undefined: the service knows of no session at all, and not why. */
  end(told: string | undefined, id?: string, isOwn = true): void {
    const known = this.#current
    if (known === undefined) {
      this.#endUnknown(isOwn ? told : undefined)
      return
    }
    if (id !== undefined && known.id !== id) return
    const reason = told ?? this.#guess()
    this.#newest = this.#serverNow()
    this.#current = undefined
    this.close()
    if (isOwn) this.#tabs.post({ type: 'ended', reason, id: known.id })
    this.#tellEnd(reason, known.subject)
  }

  secondsLeft(): number {
    return Math.round(this.left() / SECOND)
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  /** A browser that came with a cookie of a session that is over is told why; one without is nobody's. */
  #endUnknown(told: string | undefined): void {
    if (told !== undefined && this.state.status !== 'ended') this.#tellEnd(told, undefined)
    else if (this.state.status === 'unknown') this.#set({ status: 'none' })
  }

  #tellEnd(reason: string, subject: string | undefined): void {
    this.#set({ status: 'ended', subject, reason })
    this.#emit('ended', { reason, subject })
  }

  #hear(message: Message): void {
    if (message.type === 'facts') {
      this.apply(message.facts, this.#platform.now() - message.age, false)
    } else if (message.type === 'ended') {
      this.end(message.reason, message.id, false)
    } else if (message.type === 'expiring' && message.endsAt === this.#current?.endsAt) {
      if (this.state.isExpiring !== true) this.#warn(this.#current)
    }
  }

  #set(next: SessionState): void {
    if (JSON.stringify(next) === JSON.stringify(this.state)) return
    this.state = next
    this.#emit('change', next)
  }

  #serverNow(): number {
    const current = this.#current
    if (current === undefined) return this.#newest
    return current.serverTime + this.#platform.now() - current.seenAt
  }

  #untilWarning(): number {
    if (this.#current === undefined) return Infinity
    const { endsAt, calmUntil } = this.#current
    return Math.max(endsAt - this.#warnBefore, calmUntil) - this.#serverNow()
  }

  #wait(milliseconds: number, then: () => void): void {
    this.close()
    this.#timer = setTimeout(then, Math.min(Math.max(milliseconds, 0), LONGEST_WAIT))
  }

  #schedule(): void {
    if (this.#current === undefined) return
    if (this.state.isExpiring === true) this.#wait(this.left() + 50, () => void this.#atEnd(SECOND))
    else this.#wait(this.#untilWarning(), () => void this.#atWarning())
  }

  /** Another request may have moved the end unseen, so the service is asked once more. One tab asks for all. */
  async #atWarning(): Promise<void> {
    if (this.#untilWarning() <= 0) {
      const turn = this.#othersTurn()
      await (this.#tabs.isLeading() ? Promise.race([this.#askQuietly(), turn]) : turn)
    }
    const current = this.#current
    if (current === undefined || this.#untilWarning() > 0) {
      this.#schedule()
    } else if (this.state.isExpiring !== true) {
      this.#tabs.post({ type: 'expiring', endsAt: current.endsAt })
      this.#warn(current)
    }
  }

  #warn({ endsAt, mayExtend }: Seen): void {
    this.#set({ ...this.state, isExpiring: true })
    this.#emit('expiring', { secondsLeft: this.secondsLeft(), endsAt, mayExtend })
    this.#schedule()
  }

  /** Only the service ends a session: a page that cannot reach it goes on asking, ever more seldom. */
  async #atEnd(pause: number): Promise<void> {
    if (this.left() === 0 && !this.#tabs.isLeading()) await this.#othersTurn()
    if (this.left() === 0 && this.#current !== undefined) await this.#askQuietly()
    if (this.left() > 0) this.#schedule()
    else if (this.#current !== undefined && !this.#platform.isHidden()) {
      this.#wait(pause, () => void this.#atEnd(Math.min(pause * 2, LONGEST_PAUSE)))
    }
  }

  #othersTurn(): Promise<void> {
    return new Promise((resolve) => this.#wait(OTHERS_TURN, resolve))
  }

  #askQuietly(): Promise<void> {
    return this.ask().catch(() => undefined)
  }

  /** The browser has thrown the cookie away with the session's last second: then nobody else knows the reason. */
  #guess(): string {
    if (this.left() > SECOND) return 'unknown'
    return this.#current?.mayExtend === true ? 'expired_idle' : 'expired_absolute'
  }
}
