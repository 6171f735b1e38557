import type { Client } from 'sojourn/browser'

/**
 * A page that the browser kept alive is shown again only when the service knows the session: until then it is blank, and
 * otherwise it is asked for anew, so that the service says what there is to say.
 */
export function checkWhenBack(client: Client): void {
  const root = document.documentElement
  addEventListener('pagehide', ({ persisted }) => {
    // Now, for afterwards it would be seen before a script runs.
    if (persisted) root.hidden = true
  })
  addEventListener('pageshow', ({ persisted }) => {
    if (!persisted) return
    client.check().then(
      ({ status }) => {
        if (status === 'active') root.hidden = false
        else location.reload()
      },
      () => {
        location.reload()
      },
    )
  })
}
