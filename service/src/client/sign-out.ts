import type { Client } from 'sojourn/browser'

const HERE = '/logout'
const EVERYWHERE = '/logout-all'
const AFTERWARDS = '/signed-out?reason=logged_out'

/**
 * Signs out by a script, so that all tabs hear of it in the same moment, also those that nobody looks at. What a script
 * cannot do is left to the form itself.
 */
export function signOutInAllTabs(client: Client, leave: () => void): void {
  document.addEventListener('submit', (event) => {
    const form = event.target
    if (event.defaultPrevented || !(form instanceof HTMLFormElement)) return
    const path = form.getAttribute('action')
    if (path !== HERE && path !== EVERYWHERE) return
    event.preventDefault()
    if (form.ariaBusy === 'true') return
    form.ariaBusy = 'true'
    leave()
    signOut(client, path).then(
      () => {
        location.assign(AFTERWARDS)
      },
      () => {
        form.submit()
      },
    )
  })
}

async function signOut(client: Client, path: string): Promise<void> {
  if (path === EVERYWHERE) {
    const headers = { accept: 'application/json' }
    const answer = await client.fetch(path, { method: 'POST', headers })
    if (!answer.ok) throw new Error(`Not signed out: ${String(answer.status)}`)
  }
  await client.signOut()
}
