/// <reference lib="dom" preserve="true" />
/**
 * `sojourn/browser/expiry`: the dialog that asks "are you still there?" before a session ends (WCAG 2.2.1), and says why once
 * it has. A custom element without a framework; it uses the client's public face and nothing else.
 */
import { EXPIRY_STYLE } from './expiry-style.js'
import { ENGLISH, type ExpiryTexts } from './expiry-texts.js'
import type { Client } from './options.js'

export type { ExpiryTexts } from './expiry-texts.js'

/** Options of the expiry dialog. */
export interface ExpiryDialogOptions {
  /** Name of the element. Default `sojourn-expiry`. */
  readonly name?: string
  /** Words in place of the English ones. */
  readonly texts?: Partial<ExpiryTexts>
  /** Whether the dialog also says that the session has ended, with the way to sign in. Default: yes. */
  readonly showsEnd?: boolean
}

/** At these seconds a screen reader says what is left; every second would be all it says. */
const SAID_AT: ReadonlySet<number> = new Set([30, 10])
/**
 * Makes `<sojourn-expiry></sojourn-expiry>` known to the page: one of them anywhere in it is enough. Escape stays signed in,
 * as whoever presses it is there.
 */
export function defineExpiryDialog(client: Client, options: ExpiryDialogOptions = {}): void {
  const { name = 'sojourn-expiry', showsEnd = true } = options
  const texts = { ...ENGLISH, ...options.texts }
  customElements.define(
    name,
    class extends HTMLElement {
      #dialog: ExpiryDialog | undefined
      connectedCallback(): void {
        const root = this.shadowRoot ?? this.attachShadow({ mode: 'open' })
        this.#dialog = new ExpiryDialog(root, client, texts, showsEnd)
      }
      disconnectedCallback(): void {
        this.#dialog?.stop()
      }
    },
  )
}

class ExpiryDialog {
  readonly #client: Client
  readonly #texts: ExpiryTexts
  readonly #parts: Parts = build()
  readonly #stops: readonly (() => void)[]
  #ticking: ReturnType<typeof setInterval> | undefined

  constructor(root: ShadowRoot, client: Client, texts: ExpiryTexts, showsEnd: boolean) {
    this.#client = client
    this.#texts = texts
    const { dialog, main, other } = this.#parts
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(EXPIRY_STYLE)
    root.adoptedStyleSheets = [sheet]
    root.replaceChildren(dialog)
    main.onclick = () => this.#stay()
    other.onclick = () => this.#leave()
    dialog.oncancel = (event) => {
      event.preventDefault()
      this.#stay()
    }
    this.#stops = [
      client.on('expiring', () => this.#warn()),
      client.on('extended', () => client.state.isExpiring !== true && this.#close()),
      client.on('ended', ({ reason }) => (showsEnd ? this.#tellEnd(reason) : this.#close())),
    ]
    if (client.state.isExpiring === true) this.#warn()
  }

  stop(): void {
    for (const stop of this.#stops) stop()
    clearInterval(this.#ticking)
  }

  get #mayExtend(): boolean {
    return this.#client.state.mayExtend === true
  }

  #warn(): void {
    const { title, main, link, other } = this.#parts
    title.textContent = this.#texts.title
    main.textContent = this.#mayExtend ? this.#texts.stay : this.#texts.dismiss
    other.textContent = this.#texts.signOut
    main.hidden = other.hidden = false
    link.hidden = true
    clearInterval(this.#ticking)
    this.#ticking = setInterval(() => this.#tick(), 1000)
    this.#tick()
    this.#open(main)
  }

  #tick(): void {
    const seconds = this.#client.secondsLeft()
    const left = this.#texts.left(seconds)
    const { body, status } = this.#parts
    body.textContent = this.#mayExtend ? this.#texts.body(left) : this.#texts.lastBody(left)
    if (SAID_AT.has(seconds)) status.textContent = left
  }

  #tellEnd(reason: string): void {
    const { title, body, main, link, other } = this.#parts
    clearInterval(this.#ticking)
    title.textContent = this.#texts.endedTitle
    body.textContent = this.#texts.ended(reason)
    link.textContent = this.#texts.signIn
    link.href = this.#client.signInAddress()
    other.textContent = this.#texts.close
    link.hidden = other.hidden = false
    main.hidden = true
    this.#open(link)
  }

  #open(focus: HTMLElement): void {
    const { dialog, failed, status } = this.#parts
    failed.textContent = status.textContent = ''
    if (!dialog.open) dialog.showModal()
    focus.focus()
  }

  #close(): void {
    clearInterval(this.#ticking)
    this.#parts.dialog.close()
  }

  #stay(): void {
    if (this.#client.state.status === 'active' && this.#mayExtend) {
      this.#act(() => this.#client.extend())
    } else {
      this.#close()
    }
  }

  #leave(): void {
    if (this.#client.state.status === 'active') this.#act(() => this.#client.signOut())
    else this.#close()
  }

  /** No button closes the dialog: what comes of it does, and if nothing comes, the dialog says so. */
  #act(deed: () => Promise<unknown>): void {
    const { failed } = this.#parts
    failed.textContent = ''
    deed().catch(() => {
      failed.textContent = this.#texts.failed
    })
  }
}

interface Parts {
  readonly dialog: HTMLDialogElement
  readonly title: HTMLElement
  readonly body: HTMLElement
  readonly failed: HTMLElement
  readonly main: HTMLButtonElement
  readonly link: HTMLAnchorElement
  readonly other: HTMLButtonElement
  readonly status: HTMLElement
}

/** Made one by one: pages with Trusted Types take no markup as text. */
function build(): Parts {
  const parts = {
    dialog: make('dialog', { part: 'dialog', role: 'alertdialog' }),
    title: make('h2', { part: 'title', id: 'title' }),
    body: make('p', { part: 'body', id: 'body' }),
    failed: make('p', { part: 'failed', role: 'alert' }),
    main: make('button', { part: 'action main', type: 'button' }),
    link: make('a', { part: 'action main' }),
    other: make('button', { part: 'action', type: 'button' }),
    status: make('p', { role: 'status' }),
  }
  const { dialog, title, body, failed, main, link, other, status } = parts
  dialog.setAttribute('aria-labelledby', title.id)
  dialog.setAttribute('aria-describedby', body.id)
  const actions = make('div', { part: 'actions' })
  actions.append(main, link, other)
  dialog.append(title, body, failed, actions, status)
  return parts
}

function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string>>,
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  return element
}
