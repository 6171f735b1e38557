/** What single pages add. */
export const pages = `
.hero { display: grid; gap: var(--space-6); align-items: center; }
.hero h1 { font-size: var(--display); line-height: 1.04; letter-spacing: -.038em; max-width: 13ch; }
.hero h1.person { max-width: 16ch; }
.hero .lead { max-width: 33rem; margin-top: var(--space-5); }
.hero .scene { max-width: 34rem; margin-inline: auto; }
.steps { display: grid; gap: var(--space-5); margin-top: var(--space-7); padding-top: var(--space-6); border-top: 1px solid var(--line); }
.steps h3 { margin-top: var(--space-3); }
.steps p { margin-top: var(--space-2); color: var(--ink-soft); }
.visit { display: grid; gap: var(--space-2) var(--space-6); align-items: center; margin-top: var(--space-6); padding: var(--space-4) var(--space-5); border: 1px solid transparent; border-radius: var(--radius-large); background: var(--sunk); }
.visit h2 { font-size: var(--small); letter-spacing: 0; color: var(--ink-soft); }
.visit .count { margin-top: var(--space-1); font-size: var(--large); font-weight: 600; max-width: none; overflow-wrap: anywhere; }

.gate { display: grid; gap: var(--space-6); max-width: 27rem; margin-inline: auto; }
.gate-panel { display: none; }
.gate-other { margin-top: var(--space-5); padding-top: var(--space-4); border-top: 1px solid var(--line); }
.gate .message { margin-top: var(--space-5); }
.gate .form .button-main { justify-self: stretch; }

.split, .stack, .devices { display: grid; grid-template-columns: minmax(0, 1fr); align-content: start; }
.split, .stack { gap: var(--space-5); }
.devices { gap: var(--space-3); }
.split .note { margin-top: var(--space-4); }
.person { overflow-wrap: anywhere; }

.stay { display: grid; gap: var(--space-5); }
.stay-arc { width: 100%; max-width: 26rem; margin-inline: auto; height: auto; overflow: visible; }
.way, .way-passed { fill: none; stroke-width: 4; stroke-linecap: round; stroke: var(--line); }
.way-passed { stroke: var(--pine); }
.halo { fill: var(--door-3); opacity: .7; }
.stay-ends { display: flex; justify-content: space-between; gap: var(--space-4); max-width: 26rem; width: 100%; margin-inline: auto; }
.stay-ends div:last-child { text-align: right; }
.links { display: grid; gap: var(--space-3); margin-top: var(--space-4); }
.link-card { position: relative; display: flex; gap: var(--space-4); align-items: center; padding: var(--space-4); }
.link-card a { color: var(--ink); text-decoration: none; }
.link-card a::after { content: ""; position: absolute; inset: 0; border-radius: var(--radius-large); }
.link-card:hover { border-color: var(--edge); }
.link-card a:focus-visible { outline: none; }
.link-card a:focus-visible::after { outline: 3px solid var(--focus); outline-offset: 2px; }
.link-card p { color: var(--ink-soft); font-size: .9375rem; line-height: 1.45; margin-top: var(--space-1); }

.device { display: grid; grid-template-columns: auto minmax(0, 1fr) auto; align-items: center; gap: var(--space-3) var(--space-4); padding: var(--space-4); }
.device { overflow-wrap: anywhere; }
.device h2 { display: flex; flex-wrap: wrap; align-items: center; gap: var(--space-1) var(--space-2); font-size: var(--heading-3); }
.device-seen { color: var(--ink-soft); font-size: .9375rem; }
.rename { margin-inline-start: .75rem; }
.device .facts { grid-column: 1 / -1; grid-template-columns: repeat(2, minmax(0, 1fr)); padding-top: var(--space-3); border-top: 1px solid var(--line); }
.way-out { grid-column: 3; grid-row: 1; }
.device .facts dd { font-weight: 400; font-size: .9375rem; }
.device-current .alcove { background: var(--door-3); color: var(--lamp-ink); }
.empty { display: flex; gap: var(--space-4); align-items: center; padding: var(--space-4); border: 1.5px dashed var(--edge); border-radius: var(--radius-large); color: var(--ink-soft); }
.empty strong { color: var(--ink); }
.others { display: grid; gap: var(--space-4); padding: var(--space-5); border: 1px solid transparent; border-radius: var(--radius-large); background: var(--sunk); }
.others h2 { font-size: var(--heading-3); }
.others p { margin-top: var(--space-1); color: var(--ink-soft); }

.events { display: grid; margin-top: var(--space-4); }
.event { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: var(--space-4); align-items: start; padding-block: var(--space-3); border-top: 1px solid var(--line); overflow-wrap: anywhere; }
.event:first-child { border-top: 0; padding-top: 0; }
.event:last-child { padding-bottom: 0; }
.event .alcove { width: 2.5rem; height: 2.75rem; }
.event .icon { width: 1.25rem; height: 1.25rem; }
.event-caution .alcove { background: var(--lamp-wash); color: var(--lamp-ink); }
.event-title { font-weight: 600; }
.new-sign-ins { margin-bottom: var(--space-5); max-width: none; }
.new-sign-ins p { max-width: none; }
.new-sign-ins .stack { flex: 1; }
.answers { display: flex; flex-wrap: wrap; gap: var(--space-2); margin-top: var(--space-3); }
.answers .button { background: var(--surface); }
.answers .button:hover { background: var(--sunk); }
.numbered { list-style: decimal; padding-left: 1.25rem; }
.numbered li + li { margin-top: var(--space-1); }

.word { display: grid; gap: var(--space-5); align-items: center; }
.word .scene { max-width: 17rem; margin-inline: auto; }
.word h1 { max-width: 20ch; }
.word .status { margin-bottom: var(--space-2); color: var(--ink-soft); font-weight: 600; font-size: var(--small); }
.word .message { margin-top: var(--space-5); }
.refer { display: flex; flex-wrap: wrap; gap: var(--space-1) var(--space-4); margin-top: var(--space-5); color: var(--ink-soft); font-size: var(--small); }

@media (max-width: 23rem) {
  .way-out { grid-column: 1 / -1; grid-row: auto; }
  .way-out .button { width: 100%; }
}
@media (min-width: 40rem) {
  .steps { grid-template-columns: repeat(3, 1fr); }
  .links { grid-template-columns: repeat(auto-fit, minmax(11.5rem, 1fr)); }
  .link-card { flex-direction: column; align-items: flex-start; padding: var(--space-5); }
  .device { padding: var(--space-5); }
  .device .facts { grid-template-columns: minmax(0, 1fr) minmax(0, 1.15fr) minmax(0, 1.3fr) minmax(0, 1.3fr); }
  .others { display: flex; flex-wrap: wrap; align-items: center; }
  .others > :first-child { flex: 1 1 16rem; }
  .others > :last-child { max-width: 100%; }
  .stay-facts { grid-template-columns: 1fr 1fr; }
  .stay-facts > :last-child { grid-column: 1 / -1; }
  .visit { grid-template-columns: 1fr minmax(0, 24rem); }
}
@media (min-width: 56rem) {
  .hero { grid-template-columns: 1.15fr 1fr; }
  .gate { grid-template-columns: 1fr 1fr; max-width: none; gap: var(--space-8); }
  .gate > :last-child { max-width: 27rem; width: 100%; align-self: center; }
  .gate-panel { display: flex; flex-direction: column; justify-content: space-between; gap: var(--space-6); min-height: 34rem; padding: var(--space-6); border-radius: 2rem; background: var(--panel); color: #e4f0ea; --door-1: #1b5042; --door-2: #2a6a58; --door-3: #ffdf9f; --edge: #7fb09f; --lamp: #e08a1e; }
  .gate-panel p { font-size: var(--heading-2); line-height: 1.3; font-weight: 600; letter-spacing: -.017em; max-width: 16ch; }
  .gate-panel .scene { margin-top: auto; }
  .gate-panel .spill { opacity: .3; }
  .split { grid-template-columns: minmax(14rem, 1fr) minmax(0, 2.3fr); gap: var(--space-7); }
  .split > :first-child { position: sticky; top: var(--space-5); align-self: start; }
  .stay { grid-template-columns: 1.1fr 1fr; align-items: center; gap: var(--space-6); padding: var(--space-6); }
  .word { grid-template-columns: 1.4fr 1fr; min-height: 24rem; gap: var(--space-7); }
  .word .scene { max-width: 24rem; }
  .word .scene { order: 1; }
}
`
