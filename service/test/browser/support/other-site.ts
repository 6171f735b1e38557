import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Page } from '@playwright/test'
import type { Certificate } from './certificate.js'

/** Somebody else's pages: a shop that takes payments, or an attacker. */
export interface OtherSite {
  /** Another site than localhost, as browsers count it. */
  readonly origin: string
  /** The same site on another port: cookies with SameSite go along, and the origin is another all the same. */
  readonly neighbourOrigin: string
  stop(): Promise<void>
}

/** Serves `/link?to=`, `/redirect?to=` and `/form?to=&field=value`; by https with a certificate. */
export async function startOtherSite(certificate?: Certificate): Promise<OtherSite> {
  const server =
    certificate === undefined
      ? createServer(answer)
      : createTlsServer(
          {
            cert: readFileSync(certificate.certificateFile),
            key: readFileSync(certificate.keyFile),
          },
          answer,
        )
  await new Promise<void>((resolve) => server.listen(0, resolve))
  const port = String((server.address() as AddressInfo).port)
  const scheme = certificate === undefined ? 'http' : 'https'
  return {
    origin: `${scheme}://127.0.0.1:${port}`,
    neighbourOrigin: `${scheme}://localhost:${port}`,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://other')
  const { to = '/', ...fields } = Object.fromEntries(url.searchParams)
  if (url.pathname === '/redirect') {
    response.writeHead(302, { location: to }).end()
    return
  }
  const body = url.pathname === '/form' ? form(to, fields) : link(to)
  const head = '<!doctype html><link rel="icon" href="data:,"><title>Elsewhere</title>'
  response.writeHead(200, { 'content-type': 'text/html' }).end(head + body)
}

function link(to: string): string {
  return `<a href="/redirect?to=${encodeURIComponent(to)}">Pay and return</a>`
}

/** Sends itself as soon as it is there. */
function form(to: string, fields: Readonly<Record<string, string>>): string {
  const inputs = Object.entries(fields).map(
    ([name, value]) => `<input type="hidden" name="${name}" value="${value}">`,
  )
  return `<form method="post" action="${to}">${inputs.join('')}</form><script>document.forms[0].submit()</script>`
}

/** Goes to the other site, clicks there, and comes back to `to` by a 302. */
export async function returnByRedirect(page: Page, from: string, to: string): Promise<void> {
  await page.goto(`${from}/link?to=${encodeURIComponent(to)}`)
  const back = page.waitForURL((url) => url.origin === new URL(to).origin)
  await page.getByRole('link').click()
  await back
}

/** Goes to the other site, whose page sends a form to `to` at once. Answers the status of the answer to that. */
export async function sendForm(
  page: Page,
  from: string,
  to: string,
  fields: Readonly<Record<string, string>> = {},
): Promise<number> {
  const query = new URLSearchParams({ to, ...fields })
  const answered = page.waitForResponse(
    (response) => response.request().method() === 'POST' && response.url() === to,
  )
  await page.goto(`${from}/form?${query.toString()}`, { waitUntil: 'commit' })
  const response = await answered
  await page.waitForURL((url) => url.origin === new URL(to).origin)
  return response.status()
}
