/** Buttons, forms, cards and messages. */
export const parts = `
.button { display: inline-flex; align-items: center; justify-content: center; gap: var(--space-2); min-height: var(--target); padding: var(--space-2) 1.125rem; border: 1.5px solid var(--edge); border-radius: var(--radius); background: transparent; color: var(--ink); font-weight: 600; line-height: 1.25; text-align: center; text-decoration: none; cursor: pointer; }
.button:hover { background: var(--sunk); color: var(--ink); }
.button:focus-visible { border-radius: var(--radius); }
.button:active { box-shadow: inset 0 2px 4px #0003; }
.button-main { background: var(--pine); border-color: var(--pine); color: var(--on-pine); }
.button-main:hover { background: var(--pine-strong); border-color: var(--pine-strong); color: var(--on-pine); }
.button-danger { border-color: var(--danger); color: var(--danger); }
.button-danger:hover { background: var(--danger-wash); color: var(--danger); }
.button-alarm { background: var(--danger); border-color: var(--danger); color: var(--surface); }
.button-alarm:hover { background: color-mix(in srgb, var(--danger), var(--ink) 18%); color: var(--surface); }
.button[aria-disabled], [aria-busy] > .button, a[aria-busy] { cursor: progress; opacity: .75; }
[aria-busy] .button[aria-disabled]::after, a.button[aria-busy]::after { content: ""; width: 1em; height: 1em; border: 2px solid; border-right-color: transparent; border-radius: 50%; }
.button-plain { border-color: transparent; color: var(--ink-soft); }
.button-plain:hover { color: var(--ink); }
.button-large { min-height: 3.25rem; padding-inline: 1.5rem; }
.actions { display: flex; flex-wrap: wrap; gap: var(--space-3); margin-top: var(--space-5); max-width: none; }
@media (max-width: 30rem) {
  .actions > *, .actions .button, .others .button { flex: 1 1 100%; width: 100%; }
}

.form { display: grid; gap: var(--space-5); margin-top: var(--space-5); max-width: 27rem; }
.form .button-main { justify-self: start; min-height: 3rem; padding-inline: 1.5rem; }
.field { display: grid; gap: var(--space-2); }
.field label { font-weight: 600; justify-self: start; }
.field input { width: 100%; min-height: 3rem; padding: var(--space-2) var(--space-3); border: 1.5px solid var(--edge); border-radius: var(--radius); background: var(--surface); }
.field input:hover { border-color: var(--ink-soft); }
.field input:focus { border-color: var(--pine); outline: 3px solid var(--focus); outline-offset: 1px; border-radius: var(--radius); }
.field input[readonly] { background: var(--sunk); border-color: transparent; }
.field input[aria-invalid] { border-color: var(--danger); border-width: 2px; }
.hint { color: var(--ink-soft); font-size: var(--small); }
.fault { display: flex; gap: var(--space-2); color: var(--danger); font-weight: 600; font-size: .9375rem; }
.fault .icon { width: 1.25rem; height: 1.25rem; margin-top: .125rem; }
.check { display: grid; grid-template-columns: auto 1fr; align-items: center; column-gap: var(--space-3); }
.check input { width: 1.375rem; height: 1.375rem; accent-color: var(--pine); }
.check label { display: flex; align-items: center; min-height: var(--target); font-weight: 600; cursor: pointer; }
.check .hint { grid-column: 2; margin-top: -.375rem; }

.message { display: flex; gap: var(--space-3); padding: var(--space-4); border-radius: var(--radius); border: 1px solid transparent; background: var(--lamp-wash); color: var(--lamp-ink); max-width: 44rem; }
.message .icon { margin-top: .0625rem; }
.message h2, .message strong { font-size: 1rem; letter-spacing: 0; line-height: 1.6; }
.message a { color: inherit; font-weight: 600; }
.message-good { background: var(--pine-wash); color: var(--pine-strong); }
.message-bad { background: var(--danger-wash); color: var(--danger); border-color: currentColor; }
.notice { margin-bottom: var(--space-5); max-width: none; }

.acting { display: flex; flex-wrap: wrap; align-items: center; gap: var(--space-2) var(--space-4); padding: var(--space-3) var(--space-4); border-radius: var(--radius); background: var(--lamp-wash); color: var(--lamp-ink); }
.acting p { flex: 1 1 12rem; max-width: none; overflow-wrap: anywhere; }
.acting p > span { display: block; }
@media (min-width: 40rem) {
  .acting p > span { display: inline; margin-left: var(--space-2); }
}
.acting .button { border-color: currentColor; color: inherit; background: none; }
.acting .button:hover { background: var(--surface); }

.card { background: var(--surface); border: 1px solid var(--line); border-radius: var(--radius-large); padding: var(--space-5); box-shadow: var(--shadow); }
.section { margin-top: var(--space-6); }
.section > h2 + * { margin-top: var(--space-4); }
.gap { margin-top: var(--space-2); }
.facts { display: grid; gap: var(--space-3) var(--space-5); }
.facts dt { color: var(--ink-soft); font-size: var(--small); }
.facts dd { font-weight: 600; }
.facts code { font-weight: 400; }
.badge { display: inline-block; padding: .125rem .625rem; border-radius: 999px; background: var(--pine-wash); color: var(--pine-strong); font-size: .8125rem; font-weight: 600; letter-spacing: 0; line-height: 1.5; vertical-align: .125em; white-space: nowrap; }
.badge-lamp { background: var(--lamp-wash); color: var(--lamp-ink); white-space: normal; }
.alcove { display: grid; place-items: center; width: 3rem; height: 3.5rem; flex: none; padding-top: .25rem; border-radius: var(--arch); background: var(--sunk); color: var(--ink-soft); }

.dialog { width: min(30rem, calc(100vw - 2rem)); max-height: calc(100dvh - 2rem); margin: auto; overflow: auto; overscroll-behavior: contain; padding: var(--space-5); border: 1px solid var(--line); border-radius: var(--radius-large); background: var(--surface); color: var(--ink); box-shadow: 0 1.5rem 4rem -1rem #0006; }
.dialog::backdrop { background: #0d1512a6; }
.dialog > h1, .dialog > h2 { font-size: var(--heading-2); letter-spacing: -.017em; line-height: 1.25; }
.dialog > p { margin-top: var(--space-3); }
.dialog > .actions { margin-top: var(--space-5); }
.dialog-over::backdrop { background: var(--paper); }
.dialog .lead { font-size: 1rem; line-height: 1.55; }
.dialog .refer { margin-top: var(--space-2); }
.dialog .message { margin-top: var(--space-4); }
.dialog .gate-other { border: 0; padding: 0; margin-top: var(--space-4); }
.dialog .form { max-width: none; }
.trouble { margin-bottom: var(--space-5); max-width: none; }
sojourn-expiry { --sojourn-accent: var(--pine); --sojourn-on-accent: var(--on-pine); --sojourn-surface: var(--surface); --sojourn-text: var(--ink); --sojourn-line: var(--line); --sojourn-danger: var(--danger); --sojourn-focus: var(--focus); --sojourn-radius: var(--radius-large); --sojourn-font: 1rem/1.6 var(--sans); }
sojourn-expiry::part(dialog) { box-shadow: 0 1.5rem 4rem -1rem #0006; }
sojourn-expiry::part(title) { font-size: var(--heading-2); letter-spacing: -.017em; line-height: 1.25; }
sojourn-expiry::part(body) { margin: var(--space-3) 0 var(--space-5); color: var(--ink-soft); }
sojourn-expiry::part(action) { border-width: 1.5px; border-radius: var(--radius); font-weight: 600; }

.icon { fill: none; stroke: currentColor; stroke-width: 1.75; stroke-linecap: round; stroke-linejoin: round; }
.scene { width: 100%; height: auto; }
.door-1 { fill: var(--door-1); }
.door-2 { fill: var(--door-2); }
.door-3 { fill: var(--door-3); }
.spill { fill: var(--door-3); opacity: .6; }
.ground { fill: none; stroke: var(--edge); stroke-width: 2; stroke-linecap: round; }
.trail { fill: none; stroke: var(--edge); stroke-width: 3; stroke-linecap: round; stroke-dasharray: .1 12; }
.scene-nobody .door-3, .scene-left .door-3 { fill: var(--door-1); }
.scene-nobody .spill, .scene-left .spill { fill: none; }
`
