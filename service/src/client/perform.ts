import { send, type Answer } from './answers.js'
import type { Box } from './box.js'

/** What came of sending a form. */
type Outcome =
  /** The service wants to know again who it is. */
  | { readonly type: 'unproven'; readonly question: Element }
  | { readonly type: 'refused'; readonly words: string }
  /** The password was right. */
  | { readonly type: 'proven' }
  | { readonly type: 'done' }

/**
 * Sends a form, and asks for the password in between where the service wants to know again who it is. Nothing that was
 * typed is lost: the same form is sent again, and its token still does, for it belongs to the session and not to its secret.
 * Answers the page that it led to; `undefined`: nothing has happened, as the person gave up or the browser is at it.
 *
 * @param unreachable - what to say where no answer came
 */
export async function perform(
  act: HTMLFormElement,
  box: Box,
  unreachable: string,
): Promise<Answer | undefined> {
  let next: HTMLFormElement | undefined = act
  while (next !== undefined) {
    const answer: Answer | undefined = await send(next).catch(() => undefined)
    const outcome = judge(answer, next === act, unreachable)
    if (outcome.type === 'done') return answer
    if (outcome.type === 'unproven') next = await box.ask(outcome.question)
    else if (outcome.type === 'proven') next = act
    else if (box.isOpen) next = await box.askAgain(outcome.words)
    else {
      // Without a box there is a whole page to say it on; the browser says by itself that there is no connection.
      if (answer === undefined) act.submit()
      return answer
    }
  }
  return undefined
}

function judge(answer: Answer | undefined, isAct: boolean, unreachable: string): Outcome {
  if (answer === undefined) return { type: 'refused', words: unreachable }
  const page = answer.document
  const question = page.querySelector('[data-ask=password]')
  if (question !== null) return { type: 'unproven', question }
  if (answer.status >= 400) return { type: 'refused', words: wordsOf(page) }
  return { type: isAct || !isMembers(answer) ? 'done' : 'proven' }
}

/** Whether somebody is signed in on that page. */
export function isMembers({ document: page }: Answer): boolean {
  return page.body.classList.contains('signed-in')
}

/** What a page of an error says. */
function wordsOf(page: Document): string {
  const lines = page.querySelectorAll('main :is(h1, .lead, .section)')
  return [...lines].map(({ textContent }) => textContent.trim().replace(/[^.!?]$/, '$&.')).join(' ')
}
