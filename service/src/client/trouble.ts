/** What passes within this time is nobody's concern: a computer that has just woken up has no network yet. */
const PASSES = 1_500

/** Hears of every question to the service, and says on the page while there is no answer. */
export interface Trouble {
  readonly fetch: typeof globalThis.fetch
  readonly note: (isAnswered: boolean) => void
  /** What it says; until it has words it says nothing. */
  words: string
}

export function createTrouble(): Trouble {
  let line: HTMLElement | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  const show = (): void => {
    if (line?.isConnected === true || trouble.words === '') return
    const shown = document.createElement('p')
    line = shown
    shown.className = 'message trouble'
    shown.setAttribute('role', 'status')
    document.querySelector('main')?.prepend(shown)
    // Screen readers say what changes in it, not what it came with.
    setTimeout(() => (shown.textContent = trouble.words), 50)
  }
  const trouble: Trouble = {
    words: '',
    note(isAnswered) {
      if (isAnswered) {
        clearTimeout(timer)
        timer = undefined
        line?.remove()
      } else timer ??= setTimeout(show, PASSES)
    },
    async fetch(input, init) {
      try {
        const answer = await fetch(input, init)
        trouble.note(answer.status < 500)
        return answer
      } catch (error) {
        trouble.note(false)
        throw error
      }
    },
  }
  return trouble
}
