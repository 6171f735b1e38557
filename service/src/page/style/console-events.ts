/** What the pages of events, keys and limits add to the console's sheet. */
export const consoleEvents = `
.more { margin-top: var(--space-3); }
.more .filters { margin-top: var(--space-2); }
form[role=search] .actions { margin-top: var(--space-4); }
.filters ::placeholder { color: var(--ink-soft); opacity: 1; }
.feed { display: grid; grid-template-columns: minmax(0, 1fr); gap: var(--space-3); }
.follow { display: flex; flex-wrap: wrap; align-items: center; gap: var(--space-3); min-height: var(--target); }
.follow[hidden] { display: none; }
.follow .button[aria-pressed=true] { background: var(--pine-wash); border-color: var(--pine); color: var(--pine-strong); }
.entries { background: var(--surface); border: 1px solid var(--line); border-radius: var(--radius-large); box-shadow: var(--shadow); overflow: clip; }
.entries:empty { display: none; }
.entry { display: grid; grid-template-columns: minmax(0, 1fr); gap: 0 var(--space-4); padding: var(--space-3) var(--space-4) var(--space-1); border-left: .25rem solid transparent; }
.entry + .entry { border-top: 1px solid var(--line); }
.entry-failure, .entry-refused { border-left-color: var(--danger); }
.entry-notice { border-left-color: var(--lamp); }
.entry-title { display: flex; flex-wrap: wrap; align-items: center; gap: var(--space-1) var(--space-2); max-width: none; font-weight: 600; }
.entry-facts { max-width: none; color: var(--ink-soft); font-size: .9375rem; }
.entry-facts span:not(:last-child)::after { content: " · "; }
.entry-facts a { color: inherit; }
.entry-facts a:hover { color: var(--pine-strong); }
.entry-when { color: var(--ink-soft); font-size: var(--small); white-space: nowrap; }
.entry-raw { font-size: var(--small); }
.entry-raw dl { display: grid; gap: var(--space-1) var(--space-5); padding: 0 0 var(--space-3) var(--space-5); }
.entry-raw dl div { display: grid; grid-template-columns: 6.5rem minmax(0, 1fr); gap: var(--space-3); }
.entry-raw dt { color: var(--ink-soft); }
.badge-failure, .badge-refused { background: var(--danger-wash); color: var(--danger); }
.badge-notice { background: var(--lamp-wash); color: var(--lamp-ink); }
.export { margin-top: 0; }
.export .button { background: var(--surface); }
.row-acts { display: flex; flex-wrap: wrap; justify-content: end; gap: var(--space-2); }
.console-page > section + section { margin-top: var(--space-4); }
.asides { display: grid; gap: var(--space-2); margin-top: var(--space-4); }
.ask-lines { display: grid; gap: var(--space-2); margin-top: var(--space-4); padding-left: 1.25rem; list-style: disc; }
.ask-lines li { overflow-wrap: anywhere; }
@media (prefers-reduced-motion: no-preference) {
  .entry-new { animation: entry-new 2.5s ease-out; }
  @keyframes entry-new { from { background: var(--pine-wash); } }
}
@media (min-width: 48rem) {
  .entry { grid-template-columns: minmax(0, 1fr) auto; }
  .entry-raw { grid-column: 1 / -1; }
  .entry-raw dl { grid-template-columns: repeat(2, minmax(0, 1fr)); }
}
@media (max-width: 48rem) {
  .table td[data-label] > .badge { justify-self: start; }
  .filters .field-narrow { flex: 1 1 9rem; }
  .row-acts .button { flex: 1 1 100%; }
}
`
