/** What `/docs` adds; a sheet of its own, for nobody else needs it. */
export const reference = `
.reference { display: grid; gap: var(--space-6); }
.reference-text { min-width: 0; }
.reference section { margin-top: var(--space-7); }
.reference section > p { margin-top: var(--space-2); color: var(--ink-soft); }
.lead-text p { margin-top: var(--space-3); max-width: 42rem; }
.reference-nav { font-size: .9375rem; }
.reference-nav h2 { font-size: var(--heading-3); }
.reference-nav h3 { margin-top: var(--space-4); font-size: var(--small); letter-spacing: 0; }
.reference-nav h3 a { color: var(--ink); text-decoration: none; }
.reference-nav li a { display: grid; grid-template-columns: 4.25em minmax(0, 1fr); padding: .3125rem 0; color: var(--ink-soft); text-decoration: none; font: .8125rem/1.4 var(--mono); overflow-wrap: anywhere; }
.reference-nav li a:hover { color: var(--ink); text-decoration: underline; }
.method { display: inline-block; min-width: 3.75em; font: 700 .75rem/1.5 var(--mono); color: var(--pine); }
.method-post, .method-patch { color: var(--lamp-ink); }
.method-delete { color: var(--danger); }
.operation { margin-top: var(--space-5); display: grid; grid-template-columns: minmax(0, 1fr); gap: var(--space-3); scroll-margin-top: var(--space-4); }
.operation:target { border-color: var(--edge); }
.operation p { max-width: 42rem; }
.address code { font-size: 1rem; font-weight: 600; }
.address .method { font-size: .9375rem; min-width: 0; margin-right: var(--space-1); }
.reference pre { padding: var(--space-3) var(--space-4); border-radius: var(--radius); background: var(--sunk); overflow-x: auto; white-space: pre-wrap; font-size: .8125rem; line-height: 1.55; }
.reference pre code { font-size: inherit; line-height: inherit; }
.answer { display: grid; gap: var(--space-2); grid-template-columns: minmax(0, 1fr); }
.inputs, .refusals, .codes { display: grid; gap: var(--space-2); }
.inputs > div, .refusals > div, .codes > div { display: grid; gap: 0 var(--space-4); padding-top: var(--space-2); border-top: 1px solid var(--line); }
.refusals dt { font-weight: 700; }
.refusals code, .codes code { font-size: .8125rem; }
.refusals a { color: var(--ink-soft); }
.codes { margin-top: var(--space-4); }
.codes > div:target { background: var(--lamp-wash); }
.operation summary { min-height: var(--target); display: flex; align-items: center; color: var(--ink-soft); font-size: .9375rem; cursor: pointer; }
.operation summary::before { content: "+"; margin-right: var(--space-2); font: 700 1rem var(--mono); }
.operation [open] > summary::before { content: "\\2212"; }
@media (max-width: 59.99rem) {
  .reference-nav ul { display: none; }
  .reference-nav { display: flex; flex-wrap: wrap; gap: 0 var(--space-4); align-items: center; }
  .reference-nav h2 { width: 100%; }
  .reference-nav h3, .reference-nav p { margin: 0; font-weight: 600; font-size: .9375rem; }
  .reference-nav h3 a { text-decoration: underline; text-underline-offset: .2em; }
  .reference-nav a { display: flex; align-items: center; min-height: var(--target); }
}
@media (min-width: 40rem) {
  .inputs > div, .codes > div { grid-template-columns: 14rem minmax(0, 1fr); }
  .refusals > div { grid-template-columns: 3rem minmax(0, 1fr); }
}
@media (min-width: 60rem) {
  .reference { grid-template-columns: 15rem minmax(0, 1fr); gap: var(--space-7); }
  .reference-nav { position: sticky; top: 0; align-self: start; max-height: 100vh; overflow-y: auto; padding-block: var(--space-4); }
}
@media print { .reference-nav { display: none; } }
`
