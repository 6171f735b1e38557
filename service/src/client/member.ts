/**
 * client/ owns what runs in the browser: one script for the pages of members, one for those that everybody can see, one for
 * the console. Pages refer to them by `memberScript` and so on; each only adds to a page that works without it, and reads
 * nothing but what the page says. It imports no code of the server, has no words of its own (words.ts), and reads no markup
 * from text.
 *
 * This one stands on every page of a signed-in person: it warns before the session ends, takes the page away when it has
 * ended, keeps what was typed, and asks in a dialog what would otherwise be a page.
 */
import { createClient } from 'sojourn/browser'
import { defineExpiryDialog } from 'sojourn/browser/expiry'
import { askFirst } from './ask-first.js'
import { checkWhenBack } from './back.js'
import { sendOnce } from './busy.js'
import { warnBeforeEnd } from './expiry.js'
import { keepForms } from './forms.js'
import { keepFresh } from './live-list.js'
import { closeAtEnd } from './over.js'
import { show } from './show.js'
import { signOutInAllTabs } from './sign-out.js'
import { tellTimes } from './times.js'
import { createTrouble } from './trouble.js'
import { loadWords, type Words } from './words.js'

const trouble = createTrouble()
const client = createClient({ fetch: trouble.fetch })
checkWhenBack(client)
keepForms(client)
loadWords().then(start, startWithoutWords)

/** The library's own words do; what would need others is left to the pages. */
function startWithoutWords(): void {
  defineExpiryDialog(client)
  client.on('ended', () => {
    for (const part of document.querySelectorAll('body > :not(sojourn-expiry)')) part.remove()
  })
  sendOnce()
}

function start(words: Words): void {
  trouble.words = words.away
  const times = tellTimes(words.time)
  const closing = closeAtEnd(client, words)
  warnBeforeEnd(client, words)
  signOutInAllTabs(client, closing.leave)
  askFirst({
    unreachable: words.unreachable,
    show(answer) {
      if (!show(answer)) return
      times.set(document.body.dataset['now'])
      keepForms(client)
    },
  })
  sendOnce()
  keepFresh({
    note: trouble.note,
    lost: () => void client.check().catch(() => undefined),
    setNow: times.set,
  })
}
