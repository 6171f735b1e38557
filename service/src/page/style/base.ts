/** Elements as they come, the frame of a page, and the manners: focus, motion, contrast, print. */
export const base = `
*, ::before, ::after { box-sizing: border-box; }
* { margin: 0; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; scroll-padding-top: var(--space-5); }
body {
  min-height: 100vh;
  min-height: 100dvh;
  display: flex;
  flex-direction: column;
  background: var(--paper);
  color: var(--ink);
  font: 1rem/1.6 var(--sans);
  overflow-wrap: break-word;
}
h1, h2, h3 { line-height: 1.2; font-weight: 700; letter-spacing: -.017em; text-wrap: balance; }
h1 { font-size: var(--heading-1); letter-spacing: -.028em; line-height: 1.1; }
h2 { font-size: var(--heading-2); }
h3 { font-size: var(--heading-3); }
p { text-wrap: pretty; max-width: 38rem; }
a { color: var(--pine); text-decoration-thickness: 1px; text-underline-offset: .2em; }
a:hover { color: var(--pine-strong); text-decoration-thickness: 2px; }
ul, ol { padding: 0; list-style: none; }
svg { display: block; flex: none; }
button, input { font: inherit; color: inherit; letter-spacing: inherit; }
code { font: .875em/1.5 var(--mono); overflow-wrap: anywhere; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; border-radius: .375rem; }
main:focus { outline: none; }
.quietly { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: var(--space-4); top: -6rem; z-index: 1; padding: var(--space-3) var(--space-4); background: var(--surface); border-radius: var(--radius); font-weight: 600; }
.skip:focus { top: var(--space-3); }

.wide { width: 100%; max-width: 68rem; margin-inline: auto; padding-inline: var(--space-4); }
.top { display: flex; flex-wrap: wrap; align-items: center; gap: 0 var(--space-3); padding-block: var(--space-3); }
.brand { display: flex; align-items: center; min-height: var(--target); margin-right: auto; color: var(--pine); }
.brand:hover { color: var(--pine-strong); }
.wordmark { height: 1.875rem; width: auto; overflow: visible; }
.someone { fill: var(--lamp); }
.nav { display: flex; flex-wrap: wrap; align-items: center; gap: var(--space-1); }
.signed-in .nav { width: 100%; border-bottom: 1px solid var(--line); margin-top: var(--space-1); }
.account { display: flex; flex: 1 1 0; justify-content: flex-end; align-items: center; gap: var(--space-2); min-width: 0; }
.account .button { font-size: .9375rem; white-space: nowrap; }
.who { display: flex; flex: 0 1 auto; align-items: center; gap: var(--space-2); min-height: var(--target); min-width: var(--target); padding-inline: var(--space-2); border-radius: var(--radius); color: var(--ink-soft); font-weight: 600; font-size: .9375rem; text-decoration: none; }
.who:hover { color: var(--ink); background: var(--sunk); }
.who-name { max-width: 14rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.nav a { display: flex; align-items: center; min-height: var(--target); padding-inline: var(--space-3); border-radius: var(--radius); color: var(--ink-soft); font-weight: 600; font-size: .9375rem; text-decoration: none; }
.nav a:hover { color: var(--ink); background: var(--sunk); }
.nav a[aria-current] { color: var(--ink); box-shadow: inset 0 -3px var(--lamp); border-radius: var(--radius) var(--radius) 0 0; }
.main { flex: 1; padding-block: var(--space-5) var(--space-7); }
.bottom { padding-block: var(--space-5) var(--space-6); color: var(--ink-soft); font-size: var(--small); }
.lead { margin-top: var(--space-3); font-size: var(--large); line-height: 1.5; color: var(--ink-soft); }
.soft { color: var(--ink-soft); }
.small { font-size: var(--small); }

@media (max-width: 40rem) {
  .signed-in .nav { gap: 0; }
  .signed-in .nav a { flex: 1 1 auto; justify-content: center; padding-inline: var(--space-1); }
  .main { padding-top: var(--space-4); }
}
@media (max-width: 23rem) {
  .who-name { position: absolute; width: 1px; clip-path: inset(50%); }
}
@media (min-width: 60rem) {
  .wide { padding-inline: var(--space-6); }
  .main { padding-top: var(--space-6); }
}
@media (prefers-reduced-motion: no-preference) {
  a, button, input { transition: background-color .15s, border-color .15s, color .15s, box-shadow .15s; }
  .dialog[open] { animation: appear .16s ease-out; }
  @keyframes appear { from { opacity: 0; transform: translateY(.5rem); } }
  [aria-busy] .button[aria-disabled]::after, a.button[aria-busy]::after { animation: turn .8s linear infinite; }
  @keyframes turn { to { transform: rotate(1turn); } }
  .scene-inside .someone { animation: arrive 1.1s cubic-bezier(.2, .7, .2, 1) both; }
  @keyframes arrive { from { transform: translateX(-138px); } }
}
@media (forced-colors: active) {
  .someone, .door-3 { fill: Highlight; }
  .nav a[aria-current] { text-decoration: underline; }
}
@media print {
  .account, .nav, .skip, .rename, .bottom, .scene, .others, body .button { display: none; }
  .card { break-inside: avoid; box-shadow: none; }
  body { background: none; color: #000; }
}
`
