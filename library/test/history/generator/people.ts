import type { Operation } from '../history.js'
import type { Desk, Handled, Presented } from './desk.js'
import type { Random } from './random.js'

/** A session as its tabs know it: they share a cookie and a refresh token. */
interface Seat {
  readonly id: string
  readonly subject: string
  readonly cookie: string
  accessToken: string | undefined
  /** The refresh token in use; `undefined`: none, or nobody dares to use it any more. */
  refreshToken: string | undefined
  /** Its successor, which is taken up when nothing is under way with the one before. */
  successor: string | undefined
  /** The token before, once the one in use has been exchanged: only a thief presents it. */
  spent: string | undefined
  underWay: number
  /** Until then something may still come of what nobody knows the outcome of. */
  unsettledUntil: number
  /** When the token in use was presented first. */
  presentedAt: number | undefined
  /** When it was found to be over. */
  buriedAt: number
}

/** What an application can do, and how often it is asked for. */
export type Weights = Readonly<Partial<Record<Operation['do'] | 'reuse', number>>>

export interface CrowdOptions {
  readonly desk: Desk
  readonly random: Random
  readonly weights: Weights
  readonly lateAfter: number
  readonly grace: number
}

const SUBJECTS = ['ada', 'bob', 'cyd', 'dee']
const KEYS = ['colour', 'size']
/** So few that several clients are always at work on the same session. */
const SEATS = 5
const GHOSTS = 12
/**
 * Milliseconds for which nobody asks the store for a session that is over: whatever else is done with it would tell a process
 * what its near cache has missed.
 */
const LEFT_ALONE = 1_500
/** An honest client gives a token up when it has not heard of its successor for so long: part of the grace. */
const DARES_FOR = 0.5

/** Ten seconds, in which a process has to serve again. */
const [MOST_TRIES, TRIES_EVERY] = [100, 100]

/** All clients together: what they know, and what they do with it. */
export class Crowd {
  readonly #options: CrowdOptions
  readonly #seats: Seat[] = []
  /** Sessions that are over. They are asked for again and again. */
  readonly #ghosts: Seat[] = []
  #values = 0

  constructor(options: CrowdOptions) {
    this.#options = options
  }

  /** One client: does one thing after the other until told otherwise. */
  async work(client: number, isOver: () => boolean): Promise<void> {
    const random = this.#options.random.branch(client)
    while (!isOver()) {
      const process = random.pick(this.#options.desk.open())
      const handled = process === undefined ? undefined : await this.#step(client, process, random)
      // Who is told "not now" comes back later.
      const rest = handled?.outcome === 'ok' || handled?.outcome === 'refused' ? 12 : 60
      await new Promise((resolve) => setTimeout(resolve, 2 + random.below(rest)))
    }
  }

  /** Looks at everything once more, when nothing disturbs any longer. */
  async lookAgain(client: number, processes: readonly number[]): Promise<void> {
    for (const process of processes) {
      await this.#awaitRecovery(client, process)
      for (const seat of [...this.#seats, ...this.#ghosts]) {
        await this.#present(client, process, seat, { do: 'read', session: seat.id, isFresh: true })
      }
      if (this.#options.weights.list === undefined) continue
      for (const subject of SUBJECTS) {
        await this.#options.desk.handle(client, process, { do: 'list', subject })
      }
    }
  }

  /** After a fault each process has to find back by itself. */
  async #awaitRecovery(client: number, process: number): Promise<void> {
    const seat = this.#seats[0] ?? this.#ghosts[0]
    if (seat === undefined) return
    const read = { do: 'read', session: seat.id, isFresh: true } as const
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const handled = await this.#present(client, process, seat, read)
      if (handled?.outcome === 'ok' || handled?.outcome === 'refused') return
      await new Promise((resolve) => setTimeout(resolve, TRIES_EVERY))
    }
    throw new Error(`process ${String(process)} serves nobody, though all faults are mended`)
  }

  async #step(client: number, process: number, random: Random): Promise<Handled | undefined> {
    const { desk, weights } = this.#options
    if (this.#seats.length < SEATS && random.isOneIn(2))
      return this.#signIn(client, process, random)
    const what = random.weighed(weights)
    if (random.isOneIn(4)) return this.#haunt(client, process, random)
    const ghost = random.isOneIn(8) ? this.#oldGhost(random) : undefined
    const seat = ghost ?? random.pick(this.#seats)
    if (seat === undefined) return this.#signIn(client, process, random)
    const { id: session, subject } = seat
    switch (what) {
      case 'sign-in':
        return this.#signIn(client, process, random)
      case 'refresh':
        return this.#refresh(client, process, seat)
      case 'reuse':
        return this.#reuse(client, process, seat)
      case 'list':
        return desk.handle(client, process, { do: 'list', subject })
      case 'revoke-all':
        return this.#revokeAll(client, process, subject, random.isOneIn(2) ? session : undefined)
      case 'revoke': {
        const handled = await desk.handle(client, process, { do: 'revoke', session })
        if (handled?.outcome === 'ok') this.#bury(seat)
        return handled
      }
      case 'sign-out':
        return this.#present(client, process, seat, { do: 'sign-out', session })
      default: {
        const slow = random.below(15)
        return this.#present(client, process, seat, this.#toWork(what, session, random), { slow })
      }
    }
  }

  /** Asks for a session that is over, one of the last above all, as if it were not. */
  async #haunt(client: number, process: number, random: Random): Promise<Handled | undefined> {
    const seat = random.pick(random.isOneIn(2) ? this.#ghosts : this.#ghosts.slice(-3))
    if (seat === undefined) return undefined
    const read = { do: 'read', session: seat.id, isFresh: false } as const
    return this.#present(client, process, seat, read, { slow: random.below(2) })
  }

  #oldGhost(random: Random): Seat | undefined {
    const before = this.#options.desk.recorder.now() - LEFT_ALONE
    return random.pick(this.#ghosts.filter(({ buriedAt }) => buriedAt < before))
  }

  async #revokeAll(
    client: number,
    process: number,
    subject: string,
    except: string | undefined,
  ): Promise<Handled | undefined> {
    const doomed = this.#seats.filter((seat) => seat.subject === subject && seat.id !== except)
    const operation = {
      do: 'revoke-all',
      subject,
      ...(except !== undefined && { except }),
    } as const
    const handled = await this.#options.desk.handle(client, process, operation)
    if (handled?.outcome === 'ok') for (const seat of doomed) this.#bury(seat)
    return handled
  }

  #toWork(
    what: 'read' | 'set' | 'delete' | 'increment',
    session: string,
    random: Random,
  ): Operation {
    const key = random.pick(KEYS) ?? ''
    switch (what) {
      case 'read':
        return { do: 'read', session, isFresh: random.isOneIn(4) }
      case 'set':
        return { do: 'set', session, key, value: `value-${String(++this.#values)}` }
      case 'delete':
        return { do: 'delete', session, key }
      case 'increment':
        return { do: 'increment', session, key: 'count' }
    }
  }

  async #signIn(client: number, process: number, random: Random): Promise<Handled | undefined> {
    const subject = random.pick(SUBJECTS) ?? ''
    const handled = await this.#options.desk.handle(client, process, { do: 'sign-in', subject })
    if (handled?.outcome !== 'ok') return handled
    const { body, cookie = '' } = handled
    const { id = '', accessToken, refreshToken } = body
    const tokens = { accessToken, refreshToken, successor: undefined, spent: undefined }
    const unused = { underWay: 0, unsettledUntil: 0, presentedAt: undefined, buriedAt: 0 }
    this.#seats.push({ id, subject, cookie, ...tokens, ...unused })
    return handled
  }

  /** By cookie or, for every other read, by access token. Who is refused has seen a ghost. */
  async #present(
    client: number,
    process: number,
    seat: Seat,
    operation: Operation,
    { slow = 0 }: Presented = {},
  ): Promise<Handled | undefined> {
    const { cookie, accessToken } = seat
    const isByToken = operation.do === 'read' && accessToken !== undefined && slow % 2 === 1
    const presented = isByToken ? { bearer: accessToken, slow } : { cookie, slow }
    const handled = await this.#options.desk.handle(client, process, operation, presented)
    const isOver = operation.do === 'sign-out' && handled?.outcome === 'ok'
    if (isOver || handled?.outcome === 'refused') this.#bury(seat)
    return handled
  }

  /**
   * As an honest client: the successor is taken up when nothing is under way with the one before, and a token whose answer
   * was lost is tried again soon or never. Several tabs may present the same token at once.
   */
  async #refresh(client: number, process: number, seat: Seat): Promise<Handled | undefined> {
    const { desk, lateAfter, grace } = this.#options
    const now = desk.recorder.now()
    takeUp(seat, now)
    const { refreshToken } = seat
    if (refreshToken === undefined || seat.successor !== undefined) return undefined
    seat.presentedAt ??= now
    if (now - seat.presentedAt > grace * DARES_FOR) {
      seat.refreshToken = undefined
      return undefined
    }
    seat.underWay += 1
    const operation = { do: 'refresh', session: seat.id, token: desk.nameOf(refreshToken) } as const
    const handled = await desk.handle(client, process, operation, { bearer: refreshToken })
    seat.underWay -= 1
    if (handled?.outcome === 'ok') {
      seat.successor = handled.body.refreshToken
      seat.accessToken = handled.body.accessToken
    } else if (handled?.outcome === 'refused') this.#bury(seat)
    else seat.unsettledUntil = desk.recorder.now() + lateAfter + 50
    return handled
  }

  /** As a thief: presents what has been exchanged, and whose successor has been, too. */
  async #reuse(client: number, process: number, seat: Seat): Promise<Handled | undefined> {
    const { desk } = this.#options
    const token = seat.spent
    if (token === undefined) return undefined
    const operation = { do: 'refresh', session: seat.id, token: desk.nameOf(token) } as const
    const handled = await desk.handle(client, process, operation, { bearer: token })
    if (handled?.outcome === 'refused') this.#bury(seat)
    return handled
  }

  #bury(seat: Seat): void {
    const at = this.#seats.indexOf(seat)
    if (at === -1) return
    this.#seats.splice(at, 1)
    seat.buriedAt = this.#options.desk.recorder.now()
    this.#ghosts.push(seat)
    if (this.#ghosts.length > GHOSTS) this.#ghosts.shift()
  }
}

function takeUp(seat: Seat, now: number): void {
  if (seat.successor === undefined || seat.underWay > 0 || now < seat.unsettledUntil) return
  seat.spent = seat.presentedAt === undefined ? undefined : seat.refreshToken
  seat.refreshToken = seat.successor
  seat.successor = undefined
  seat.presentedAt = undefined
}
