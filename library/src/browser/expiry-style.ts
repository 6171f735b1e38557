/**
 * How the expiry dialog looks. Pages change it by custom properties (`--sojourn-accent` and so on) and by `::part()`. It is
 * adopted as a style sheet object, which a strict content security policy allows.
 */
export const EXPIRY_STYLE = `
dialog {
  box-sizing: border-box;
  max-inline-size: min(28rem, calc(100vw - 2rem));
  max-block-size: calc(100vh - 2rem);
  overflow: auto;
  padding: 1.5rem;
  border: 1px solid var(--sojourn-line, #767b78);
  border-radius: var(--sojourn-radius, 0.75rem);
  background: var(--sojourn-surface, #fff);
  color: var(--sojourn-text, #1c2421);
  font: var(--sojourn-font, 1rem/1.5 system-ui, sans-serif);
}
dialog::backdrop { background: rgb(0 0 0 / 55%) }
h2 { margin: 0 0 0.5rem; font-size: 1.25rem; line-height: 1.3 }
p { margin: 0 0 1rem }
[part=failed] { color: var(--sojourn-danger, #a3231a) }
[hidden], [part=failed]:empty { display: none }
[part=actions] { display: flex; flex-wrap: wrap; gap: 0.75rem }
button, a {
  box-sizing: border-box;
  min-block-size: 2.75rem;
  padding: 0.5rem 1rem;
  border: 1px solid var(--sojourn-accent, #17594a);
  border-radius: 0.5rem;
  background: none;
  color: var(--sojourn-accent, #17594a);
  font: inherit;
  text-decoration: none;
  cursor: pointer;
}
[part~=main] { background: var(--sojourn-accent, #17594a); color: var(--sojourn-on-accent, #fff) }
:focus-visible { outline: 3px solid var(--sojourn-focus, #b45309); outline-offset: 2px }
[role=status] { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%) }
@media (prefers-color-scheme: dark) {
  dialog {
    background: var(--sojourn-surface, #1c2421);
    color: var(--sojourn-text, #eef3f0);
  }
  [part=failed] { color: var(--sojourn-danger, #ffb4a9) }
  button, a { border-color: var(--sojourn-accent, #8fd3bd); color: var(--sojourn-accent, #8fd3bd) }
  [part~=main] { background: var(--sojourn-accent, #8fd3bd); color: var(--sojourn-on-accent, #10201a) }
  :focus-visible { outline-color: var(--sojourn-focus, #fbbf24) }
}
@media (prefers-reduced-motion: no-preference) {
  dialog[open] { animation: appear 160ms ease-out }
  @keyframes appear { from { opacity: 0; transform: translateY(0.5rem) } }
}
@media (forced-colors: active) { [part~=main] { border-width: 3px } }
`
