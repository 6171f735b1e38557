/** People with a browser each, what they must see, and what they do. */
import { createHmac, randomBytes } from 'node:crypto'
import original from 'express-session'
import { expect } from 'vitest'
import type { FleetNode, Answer, Query } from './fleet.js'
import { SECRET, type Seen } from './plan.js'

/** Its types know of no options. */
const OldCookie = original.Cookie as unknown as new (options: object) => object

/** One person. The model is what the next answer has to say. */
export interface Person {
  cookie: string | undefined
  who: string | null
  readonly data: Map<string, string>
  age: number | null
  /** The session began on an old node, and no new one has seen it yet. */
  isUnknownToNew: boolean
  /** The session began with our `login`, which knows whose it is. */
  hasSubject: boolean
}

/** A cookie of a session that is over. */
interface DeadCookie {
  readonly cookie: string
  /** New nodes knew it while it lived, and an old node ended it. */
  isToBeNoticed: boolean
}

/** A generator that gives the same numbers for the same seed. */
export function chanceFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

export function sidOf(cookie: string): string {
  const value = decodeURIComponent(cookie)
  return value.slice(2, value.lastIndexOf('.'))
}

/** Signs an id as express-session does. */
export function cookieFor(sid: string): string {
  const tag = createHmac('sha256', SECRET).update(sid).digest('base64').replace(/=+$/, '')
  return encodeURIComponent(`s:${sid}.${tag}`)
}

export class Crowd {
  readonly people: Person[] = []
  readonly faults: string[] = []
  readonly counts = { requests: 0, retried: 0, adopted: 0, endedByOldNode: 0, signedOut: 0 }
  #nodes: readonly FleetNode[]
  readonly #chance: () => number
  /** Of a session that no new node knows yet, nothing may be under way here: the counters of its adoption would be lost. */
  doomed: FleetNode | undefined
  readonly #adopting = new Map<FleetNode, number>()
  readonly #defaultAge: number | null
  readonly #repeated = new WeakSet<Answer>()
  #serial = 0
  #progress = 0

  constructor(nodes: readonly FleetNode[], { seed = 1, age = null as number | null } = {}) {
    this.#nodes = nodes
    this.#chance = chanceFrom(seed)
    this.#defaultAge = age
  }

  /** From now on everybody comes to these. */
  moveTo(nodes: readonly FleetNode[]): void {
    this.#nodes = nodes
  }

  // --- making them ---

  /** Signs somebody in on a node. */
  async signInAt(node: FleetNode): Promise<Person> {
    const person = this.#newPerson()
    await this.#signIn(person, node, 'signIn')
    return person
  }

  /** As many people sign in at `nodes`. */
  async grow(count: number, nodes: readonly FleetNode[], width = 32): Promise<void> {
    let made = 0
    const walk = async (): Promise<void> => {
      while (made < count) {
        made += 1
        await this.signInAt(nodes[made % nodes.length] as FleetNode)
      }
    }
    await Promise.all(Array.from({ length: width }, walk))
  }

  /** Keeps a session as an old node does, without asking one: its own store and cookie class write it. */
  async seedThrough(store: { set(sid: string, session: any): Promise<unknown> }): Promise<Person> {
    const person = this.#newPerson()
    const sid = randomBytes(24).toString('base64url')
    const cookie = new OldCookie(this.#defaultAge === null ? {} : { maxAge: this.#defaultAge })
    person.who = this.#name()
    person.data.set('seeded', 'yes')
    await store.set(sid, { cookie, who: person.who, seeded: 'yes' })
    person.cookie = cookieFor(sid)
    person.isUnknownToNew = true
    return person
  }

  #newPerson(): Person {
    const person: Person = {
      cookie: undefined,
      who: null,
      data: new Map(),
      age: this.#defaultAge,
      isUnknownToNew: false,
      hasSubject: false,
    }
    this.people.push(person)
    return person
  }

  #name(): string {
    return `person ${String((this.#serial += 1))}`
  }

  // --- what they do ---

  /** Everybody does one thing, `width` of them at a time, in an order of chance. */
  async pass(deed: (person: Person) => Promise<void>, people = this.people, width = 48) {
    const order = people
      .map((person) => ({ person, rank: this.#chance() }))
      .sort((left, right) => left.rank - right.rank)
    let next = 0
    this.#progress = 0
    const walk = async (): Promise<void> => {
      for (let index = next++; index < order.length; index = next++) {
        this.#progress = index / order.length
        try {
          await deed(order[index]!.person)
        } catch (error) {
          this.#fault(`${deed.name}: ${String((error as Error).stack)}`)
        }
      }
    }
    await Promise.all(Array.from({ length: width }, walk))
  }

  /** Resolves when so much of the present pass is done. */
  async until(part: number): Promise<void> {
    do await new Promise((resolve) => setTimeout(resolve, 5))
    while (this.#progress < part)
  }

  /** One of `deeds`, by chance and weight. */
  readonly any =
    (deeds: readonly (readonly [number, (person: Person) => Promise<void>])[]) =>
    async (person: Person): Promise<void> => {
      let rest = this.#chance() * deeds.reduce((sum, [weight]) => sum + weight, 0)
      const found = deeds.find(([weight]) => (rest -= weight) < 0) ?? deeds[0]!
      await found[1](person)
    }

  readonly read = async (person: Person): Promise<void> => {
    await this.#visit(person, this.#pick(), { deed: 'read' })
  }

  readonly readAt =
    (node: FleetNode) =>
    async (person: Person): Promise<void> => {
      await this.#visit(person, node, { deed: 'read' })
    }

  readonly write = async (person: Person): Promise<void> => {
    const [key, value] = [this.#key(), this.#value()]
    await this.#visit(person, this.#pick(), { deed: 'set', key, value })
    person.data.set(key, value)
  }

  readonly remove = async (person: Person): Promise<void> => {
    const key = [...person.data.keys()][0] ?? 'nothing'
    await this.#visit(person, this.#pick(), { deed: 'delete', key })
    person.data.delete(key)
  }

  readonly changeAge = async (person: Person): Promise<void> => {
    const [key, age] = [this.#key(), 600_000 + Math.floor(this.#chance() * 9e6)]
    const value = String(age)
    await this.#visit(person, this.#pick(), { deed: 'age', key, value })
    person.data.set(key, value)
    person.age = age
  }

  /** Becomes somebody else, by the words of express-session. */
  readonly signInAgain = async (person: Person): Promise<void> => {
    const node = this.#pick()
    const dead = this.#dies(person, node)
    await this.#signIn(person, node, 'signIn')
    await this.#checkDead(dead)
  }

  /** By our own word, and what was there moves on. */
  readonly login = async (person: Person): Promise<void> => {
    const node = this.#pick()
    const dead = this.#dies(person, node)
    const isStranger = node.isNew && person.hasSubject
    await this.#signIn(person, node, 'login')
    // What is known to be somebody else's does not move on.
    if (isStranger) person.data.clear()
    person.hasSubject = node.isNew
    // The session of a guest is served for a moment yet where we signed in; an old node ends it at once.
    if (!node.isNew || isStranger) await this.#checkDead(dead)
  }

  readonly logout = async (person: Person): Promise<void> => {
    const node = this.#pick()
    await this.#logoutAt(person, node)
  }

  readonly logoutAt =
    (node: FleetNode) =>
    async (person: Person): Promise<void> => {
      await this.#logoutAt(person, node)
    }

  async #logoutAt(person: Person, node: FleetNode): Promise<void> {
    const dead = this.#dies(person, node)
    const answer = await this.#visit(person, node, { deed: 'logout' })
    this.#expectDeletion(node, answer)
    this.#leave(person)
    await this.#checkDead(dead)
    await this.#signIn(person, this.#pick(), 'signIn')
  }

  /** Two new nodes write different things at one time: both must be there. */
  readonly writeTwice = async (person: Person): Promise<void> => {
    const keys = this.#twoKeys()
    const value = this.#value()
    const [one, two = one] = this.#up('new')
    if (one === undefined || two === undefined) throw new Error('no new node is up')
    await Promise.all(
      keys.map((key, index) =>
        this.#visit(person, index === 0 ? one : two, { deed: 'set', key, value }, keys),
      ),
    )
    for (const key of keys) person.data.set(key, value)
    await this.#visit(person, this.#pick(), { deed: 'read' })
  }

  /**
   * An old node writes while new ones read, or write another key. What the old one writes must be there: what new ones wrote
   * may be lost to it, as ever.
   */
  readonly writeOnOldBeside = async (person: Person): Promise<void> => {
    const [old, fresh] = [this.#pick('old'), this.#pick('new')]
    const [theirs, ours] = this.#twoKeys()
    const value = this.#value()
    const isWriting = this.#chance() < 0.5
    const beside: Query = isWriting ? { deed: 'set', key: ours, value } : { deed: 'read' }
    const write = { deed: 'set', key: theirs, value }
    if (this.#chance() < 0.5) {
      await this.#while(person, old, { ...write, deed: 'heldSet' }, [ours], async () => {
        await this.#visit(person, fresh, beside, [theirs])
      })
    } else {
      await Promise.all([
        this.#visit(person, old, write, [ours]),
        this.#visit(person, fresh, beside, [theirs]),
      ])
    }
    person.data.set(theirs, value)
    const { seen } = await this.#visit(person, this.#pick('new'), { deed: 'read' }, [ours])
    const found = seen.data[ours]
    if (isWriting && found === value) person.data.set(ours, value)
    else if (found !== person.data.get(ours)) this.#fault(`${ours} became ${String(found)}`)
    await this.read(person)
  }

  /** Signs out, on any node, while a new node is about to write: the end wins, everywhere. */
  readonly logoutBesideWrite = async (person: Person): Promise<void> => {
    const [late, node] = [this.#pick('new'), this.#pick()]
    let dead: DeadCookie | undefined
    const query = { deed: 'heldSet', key: this.#key(), value: this.#value() }
    const { cookies } = await this.#while(person, late, query, [], async () => {
      dead = this.#dies(person, node)
      this.#expectDeletion(node, await this.#visit(person, node, { deed: 'logout' }))
    })
    if (dead === undefined) return
    if (cookies.length > 0) this.#fault(`a late cookie: ${cookies.join()}`)
    // The late request itself finds out.
    if (dead.isToBeNoticed) this.counts.endedByOldNode += 1
    dead.isToBeNoticed = false
    this.#leave(person)
    await this.#checkDead(dead, 'all')
    await this.#signIn(person, this.#pick(), 'signIn')
  }

  /**
   * Signs out on a new node while an old one is about to write. The old node brings its own record back, as it always did; no
   * new node lets that person in, and once one was asked, old nodes do not either.
   */
  readonly logoutBesideOldWrite = async (person: Person): Promise<void> => {
    const [late, node] = [this.#pick('old'), this.#pick('new')]
    let dead: DeadCookie | undefined
    const query = { deed: 'heldSet', key: this.#key(), value: this.#value() }
    await this.#while(person, late, query, [], async () => {
      dead = this.#dies(person, node)
      this.#expectDeletion(node, await this.#visit(person, node, { deed: 'logout' }))
    })
    if (dead === undefined) return
    this.#leave(person)
    await this.#checkDead(dead, 'new first')
    await this.#signIn(person, this.#pick(), 'signIn')
  }

  /** The same on an old node, which a new one has noticed before the late write comes. */
  readonly logoutNoticedBesideOldWrite = async (person: Person): Promise<void> => {
    const [late, node] = [this.#pick('old'), this.#pick('old')]
    // What no new node has ever met, none can have noticed.
    if (person.isUnknownToNew) await this.readAt(this.#pick('new'))(person)
    let dead: DeadCookie | undefined
    const query = { deed: 'heldSet', key: this.#key(), value: this.#value() }
    await this.#while(person, late, query, [], async () => {
      dead = this.#dies(person, node)
      await this.#visit(person, node, { deed: 'logout' })
      this.counts.endedByOldNode += 1
      dead.isToBeNoticed = false
      await this.#send(this.#pick('new'), { deed: 'read' }, dead.cookie)
    })
    if (dead === undefined) return
    this.#leave(person)
    await this.#checkDead(dead, 'new first')
    await this.#signIn(person, this.#pick(), 'signIn')
  }

  /** Does `job` while a request has read its session and not written it yet. */
  async #while(
    person: Person,
    node: FleetNode,
    query: Query,
    loose: readonly string[],
    job: () => Promise<void>,
  ): Promise<Answer> {
    const token = query['value'] as string
    const isHeld = node.holds(token)
    const answer = this.#visit(person, node, query, loose)
    await Promise.race([isHeld, answer])
    try {
      await job()
    } finally {
      node.release(token)
    }
    return answer
  }

  // --- how ---

  async #signIn(person: Person, node: FleetNode, deed: 'signIn' | 'login'): Promise<void> {
    const who = this.#name()
    const { cookies } = await this.#visit(person, node, { deed, value: who })
    const before = person.cookie
    const line = cookies.find((each) => /^connect\.sid=s%3A/.test(each))
    if (line === undefined) {
      this.#fault(`no cookie for ${who} at ${deed} on ${node.plan.role}: ${cookies.join()}`)
      return
    }
    person.cookie = line.slice('connect.sid='.length, line.indexOf(';'))
    if (person.cookie === before) this.#fault('the id stayed')
    person.who = who
    if (deed === 'signIn') person.data.clear()
    person.age = this.#defaultAge
    person.isUnknownToNew = !node.isNew
    person.hasSubject = false
  }

  /** The present session of a person is about to end on `node`. */
  #dies(person: Person, node: FleetNode): DeadCookie {
    const isToBeNoticed = !node.isNew && !person.isUnknownToNew
    return { cookie: person.cookie as string, isToBeNoticed }
  }

  #leave(person: Person): void {
    this.counts.signedOut += 1
    Object.assign(person, { cookie: undefined, who: null, age: this.#defaultAge })
    person.isUnknownToNew = false
    person.hasSubject = false
    person.data.clear()
  }

  #expectDeletion(node: FleetNode, { cookies }: Answer): void {
    const isDeleted = cookies.some((line) => /^connect\.sid=;.*1970/.test(line))
    if (isDeleted !== node.isNew) this.#fault(`deletion on ${node.plan.role}: ${cookies.join()}`)
  }

  /** Nobody is let in with a cookie of a session that is over. */
  async #checkDead(dead: DeadCookie, where: 'some' | 'all' | 'new first' = 'some'): Promise<void> {
    const [olds, news] = [this.#up('old'), this.#up('new')]
    const all = [...news, ...olds]
    const nodes = where === 'some' ? [this.#pick()] : where === 'all' ? this.#shuffled(all) : all
    for (const node of nodes) {
      const { status, seen } = await this.#send(node, { deed: 'read' }, dead.cookie)
      const isNobody = seen?.who === null && Object.keys(seen.data).length === 0
      if (status !== 200 || !isNobody) {
        this.#fault(`${JSON.stringify(seen)} is in again on ${node.plan.role} (${String(status)})`)
      }
      if (node.isNew && dead.isToBeNoticed) {
        dead.isToBeNoticed = false
        this.counts.endedByOldNode += 1
      }
    }
  }

  /** One request of a person; the answer must be what the model says, but for the keys in `loose`. */
  async #visit(
    person: Person,
    node: FleetNode,
    query: Query,
    loose: readonly string[] = [],
  ): Promise<Answer> {
    const { cookie } = person
    const none = { who: null, data: {}, age: this.#defaultAge }
    const expected = cookie === undefined ? none : asSeen(person)
    const answer = await this.#send(node, query, cookie, person)
    const isRepeated = this.#repeated.has(answer)
    // What was done before the node was killed is seen the second time.
    const unsure = isRepeated && query['key'] !== undefined ? [...loose, query['key']] : loose
    const wanted =
      isRepeated && query['deed'] === 'age' ? { ...expected, age: answer.seen.age } : expected
    const problem = answer.status === 200 ? differenceOf(answer.seen, wanted, unsure) : 'no answer'
    if (problem !== undefined) {
      const what = `${String(query['deed'])} on ${node.plan.role}`
      this.#fault(`${what}: ${problem} (${String(answer.status)})`)
    }
    return answer
  }

  /** Sent again, elsewhere, where the node was killed meanwhile: only with deeds that may be done twice. */
  async #send(
    node: FleetNode,
    query: Query,
    cookie: string | undefined,
    person?: Person,
  ): Promise<Answer> {
    for (let at = node, attempt = 1; ; attempt += 1, at = this.#pick()) {
      const isFirst = person?.isUnknownToNew === true && cookie !== undefined
      if (isFirst && at === this.doomed) at = this.#pick('old')
      const isAdoption = isFirst && at.isNew
      if (isAdoption) this.#adopts(person, at)
      this.counts.requests += 1
      try {
        const answer = await at.send(query, cookie)
        if (attempt > 1) this.#repeated.add(answer)
        return answer
      } catch (error) {
        if (attempt === 5 || !isLost(error)) throw error
        this.counts.retried += 1
        await new Promise((resolve) => setTimeout(resolve, 10))
      } finally {
        if (isAdoption) this.#adopting.set(at, (this.#adopting.get(at) ?? 0) - 1)
      }
    }
  }

  #adopts(person: Person, node: FleetNode): void {
    person.isUnknownToNew = false
    this.counts.adopted += 1
    this.#adopting.set(node, (this.#adopting.get(node) ?? 0) + 1)
  }

  /** Kills `node` amid what is under way there, and starts it again. Its counters of adoptions are complete before. */
  async restart(node: FleetNode): Promise<void> {
    this.doomed = node
    while ((this.#adopting.get(node) ?? 0) > 0)
      await new Promise((resolve) => setTimeout(resolve, 1))
    await node.kill()
    this.doomed = undefined
    await new Promise((resolve) => setTimeout(resolve, 100))
    await node.start()
  }

  #pick(role?: 'old' | 'new'): FleetNode {
    const nodes = this.#up(role)
    return nodes[Math.floor(this.#chance() * nodes.length)] as FleetNode
  }

  #up(role?: 'old' | 'new'): FleetNode[] {
    return this.#nodes.filter(
      (node) => node.isUp && (role === undefined || node.plan.role === role),
    )
  }

  #shuffled<Item>(items: readonly Item[]): Item[] {
    return [...items].sort(() => this.#chance() - 0.5)
  }

  #key(): string {
    return `k${String(Math.floor(this.#chance() * 8))}`
  }

  #twoKeys(): [string, string] {
    const first = Math.floor(this.#chance() * 8)
    const second = (first + 1 + Math.floor(this.#chance() * 7)) % 8
    return [`k${String(first)}`, `k${String(second)}`]
  }

  #value(): string {
    return String((this.#serial += 1))
  }

  #fault(text: string): void {
    if (this.faults.length < 20) this.faults.push(text)
  }

  /** Nobody saw anything else than they had to. */
  expectNoFault(): void {
    expect(this.faults).toEqual([])
  }
}

function asSeen({ who, data, age }: Person): Seen {
  return { who, data: Object.fromEntries(data), age }
}

function differenceOf(seen: Seen, expected: Seen, loose: readonly string[]): string | undefined {
  const keys = new Set([...Object.keys(seen.data), ...Object.keys(expected.data)])
  for (const key of loose) keys.delete(key)
  const odd = [...keys].filter((key) => seen.data[key] !== expected.data[key])
  const problems = odd.map(
    (key) => `${key} is ${String(seen.data[key])} instead of ${String(expected.data[key])}`,
  )
  if (seen.who !== expected.who)
    problems.push(`${String(seen.who)} instead of ${String(expected.who)}`)
  const isSameAge =
    seen.age === expected.age || Math.abs((seen.age ?? 0) - (expected.age ?? 0)) < 1_000
  if (!isSameAge) problems.push(`age ${String(seen.age)} instead of ${String(expected.age)}`)
  return problems.length === 0 ? undefined : problems.join(', ')
}

function isLost(error: unknown): boolean {
  const { code } = error as { code?: string }
  return code === 'ECONNRESET' || code === 'ECONNREFUSED' || code === 'EPIPE'
}
