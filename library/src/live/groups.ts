const NOBODY: ReadonlySet<never> = new Set()

/** Members by the name that they share. A name without members takes no room. */
export class Groups<Member> {
  readonly #byName = new Map<string, Set<Member>>()

  of(name: string): ReadonlySet<Member> {
    return this.#byName.get(name) ?? NOBODY
  }

  add(name: string, member: Member): void {
    const group = this.#byName.get(name)
    if (group === undefined) this.#byName.set(name, new Set([member]))
    else group.add(member)
  }

  delete(name: string, member: Member): void {
    const group = this.#byName.get(name)
    group?.delete(member)
    if (group?.size === 0) this.#byName.delete(name)
  }
}
