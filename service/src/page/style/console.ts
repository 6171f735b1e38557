/** What the console adds; a sheet of its own, for nobody else needs it. */
export const consoleParts = `
.console { display: grid; grid-template-columns: minmax(0, 1fr); gap: var(--space-5); align-content: start; }
.console-nav ul { display: flex; gap: var(--space-1); overflow-x: auto; scrollbar-width: thin; }
.console-nav a { display: flex; align-items: center; min-height: var(--target); padding-inline: var(--space-3); border-radius: var(--radius); color: var(--ink-soft); font-weight: 600; font-size: .9375rem; text-decoration: none; white-space: nowrap; }
.console-nav a:hover { color: var(--ink); background: var(--sunk); }
.console-nav a[aria-current] { color: var(--ink); background: var(--pine-wash); }
.console-page { min-width: 0; display: grid; grid-template-columns: minmax(0, 1fr); gap: var(--space-5); align-content: start; }
@media (min-width: 60rem) {
  body:has(.console) .wide { max-width: 84rem; }
  .console { grid-template-columns: 11rem minmax(0, 1fr); gap: var(--space-6); }
  .console-nav ul { flex-direction: column; position: sticky; top: var(--space-5); overflow: visible; }
}
`
