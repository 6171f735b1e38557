/** What the console adds; a sheet of its own, for nobody else needs it. */
export const consoleParts = `
.console { display: grid; grid-template-columns: minmax(0, 1fr); gap: var(--space-5); align-content: start; }
.console-nav ul { display: flex; flex-wrap: wrap; gap: var(--space-1); }
.console-nav a { display: flex; align-items: center; min-height: var(--target); padding-inline: var(--space-3); border-radius: var(--radius); color: var(--ink-soft); font-weight: 600; font-size: .9375rem; text-decoration: none; white-space: nowrap; }
.console-nav a:hover { color: var(--ink); background: var(--sunk); }
.console-nav a[aria-current] { color: var(--ink); background: var(--pine-wash); }
.console-page { min-width: 0; display: grid; grid-template-columns: minmax(0, 1fr); gap: var(--space-5); align-content: start; }

.toolbar { display: flex; flex-wrap: wrap; align-items: center; gap: var(--space-3); }
.toolbar > :last-child:not(:first-child) { margin-left: auto; }
.filters { display: flex; flex-wrap: wrap; align-items: end; gap: var(--space-3); }
.filters .field { flex: 1 1 14rem; gap: var(--space-1); }
.filters .field-narrow { flex: 0 1 11rem; }
.filters label { font-size: var(--small); color: var(--ink-soft); }
.filters input, .filters select, .picker { min-height: var(--target); padding: var(--space-2) var(--space-3); border: 1.5px solid var(--edge); border-radius: var(--radius); background: var(--surface); color: var(--ink); font: inherit; width: 100%; }
.filters input:focus, .filters select:focus { border-color: var(--pine); outline: 3px solid var(--focus); outline-offset: 1px; }
.table-frame { background: var(--surface); border: 1px solid var(--line); border-radius: var(--radius-large); box-shadow: var(--shadow); overflow: clip; }
.table { width: 100%; border-collapse: collapse; font-size: .9375rem; }
.table thead th { padding: var(--space-3); background: var(--sunk); color: var(--ink-soft); font-size: var(--small); font-weight: 600; text-align: left; white-space: nowrap; }
.table tbody th { min-width: 8rem; font-weight: 600; text-align: left; }
.table tbody th, .table td { padding: var(--space-3); border-top: 1px solid var(--line); vertical-align: middle; }
.table .person, .table code { overflow-wrap: anywhere; }
.table time { white-space: nowrap; }
.table tbody tr:first-child > * { border-top: 0; }
.table tr > :first-child { padding-left: var(--space-5); }
.table tr > :last-child { padding-right: var(--space-5); }
.table .end { text-align: right; }
.table tbody tr:hover { background: color-mix(in srgb, var(--sunk) 45%, transparent); }
.table .button { min-height: 2.25rem; padding: .25rem .75rem; font-size: var(--small); white-space: nowrap; }
.table .soft { font-weight: 400; font-size: var(--small); }
.console-page > section:not(.others) { display: grid; grid-template-columns: minmax(0, 1fr); gap: var(--space-4); }
.pick, .held { display: flex; align-items: center; gap: var(--space-3); }
.pick input { flex: none; width: 1.5rem; height: 1.5rem; accent-color: var(--pine); }
.held { align-items: flex-start; }
.held > div { min-width: 0; overflow-wrap: anywhere; }
.held .icon { color: var(--ink-soft); }
.person-top { display: grid; grid-template-columns: minmax(0, 1fr); gap: var(--space-4); }
.person-top .facts { grid-template-columns: repeat(2, minmax(0, 1fr)); margin-top: var(--space-4); }
.person-top .facts > :last-child { grid-column: 1 / -1; }
.person-top dd { overflow-wrap: anywhere; }
.acts { display: grid; gap: var(--space-3); margin-top: var(--space-4); }
.acts li { display: grid; gap: var(--space-1) var(--space-4); align-items: center; }
.acts .button { font-size: .9375rem; }
.happened { padding-block: var(--space-2); }
.happened li { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 var(--space-4); padding-block: var(--space-2); border-top: 1px solid var(--line); }
.happened li:first-child { border-top: 0; }
.happened li > :first-child { font-size: .9375rem; overflow-wrap: anywhere; }
.happened li > :nth-child(2) { grid-row: 2; }
.happened li > :last-child { text-align: right; }
.happened-ill { color: var(--danger); }
.ask { max-width: 44rem; padding: var(--space-5); }
.ask-list { margin-top: var(--space-4); font: .875rem/1.7 var(--mono); overflow-wrap: anywhere; max-height: 14rem; overflow-y: auto; }
.ask .actions, dialog .form .actions { margin-top: 0; }
dialog .ask-list { max-height: 9rem; overflow-y: auto; }
@media (min-width: 40rem) {
  .acts li { grid-template-columns: 12rem minmax(0, 1fr); }
  .happened li { grid-template-columns: minmax(9rem, 1fr) minmax(0, 14rem) minmax(0, 8rem); align-items: baseline; }
  .happened li > :nth-child(2) { grid-row: auto; }
}
@media (min-width: 72rem) {
  .person-top { grid-template-columns: minmax(0, 4fr) minmax(0, 5fr); align-items: start; }
}
.badge-soft { background: var(--sunk); color: var(--ink-soft); }
.badge-danger { background: var(--danger-wash); color: var(--danger); }
.pager { display: flex; flex-wrap: wrap; align-items: center; gap: var(--space-3); }
.pager p { margin-right: auto; color: var(--ink-soft); font-size: var(--small); }
@media (max-width: 48rem) {
  .table-frame { background: none; border: 0; border-radius: 0; box-shadow: none; overflow: visible; }
  .table, .table tbody, .table tr, .table tbody th, .table td { display: block; }
  .table thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .table tbody tr { padding: var(--space-3) var(--space-4); background: var(--surface); border: 1px solid var(--line); border-radius: var(--radius-large); box-shadow: var(--shadow); }
  .table tbody tr + tr { margin-top: var(--space-3); }
  .table tbody tr > *, .table tbody tr > :first-child, .table tbody tr > :last-child { padding: var(--space-1) 0; border: 0; }
  .table time { white-space: normal; }
  .table td[data-label] { display: grid; grid-template-columns: 7.5rem minmax(0, 1fr); gap: var(--space-3); text-align: left; }
  .table td[data-label]::before { content: attr(data-label); color: var(--ink-soft); font-size: var(--small); }
  .table td > .badge { justify-self: start; }
  .table td:empty { display: none; }
  .table td.end { display: block; padding-top: var(--space-2); }
  .table td.end::before { content: none; }
  .table td.end .button { width: 100%; min-height: var(--target); font-size: .9375rem; }
  .filters .button, .pager .button { flex: 1 1 auto; }
}
@media (min-width: 60rem) {
  body:has(.console) .wide { max-width: 84rem; }
  .console { grid-template-columns: 11rem minmax(0, 1fr); gap: var(--space-6); }
  .console-nav ul { flex-direction: column; position: sticky; top: var(--space-5); overflow: visible; }
}

.live { justify-content: space-between; }
.live-pause[hidden] { display: none; }
.live-line { display: flex; align-items: center; gap: var(--space-2); min-height: var(--target); color: var(--ink-soft); font-size: .9375rem; max-width: none; }
.live-dot { flex: none; width: .625rem; height: .625rem; border-radius: 50%; border: 2px solid var(--edge); }
.live-line[data-state="live"] .live-dot { border-color: var(--pine); background: var(--pine); }
.live-line[data-state="away"] { color: var(--lamp-ink); }
.live-line[data-state="away"] .live-dot { border-color: var(--lamp); }
.tiles { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 1px; overflow: hidden; background: var(--line); border: 1px solid var(--line); border-radius: var(--radius-large); box-shadow: var(--shadow); }
.tile { display: grid; align-content: start; overflow-wrap: anywhere; gap: .125rem; padding: var(--space-4); background: var(--surface); }
.tile dt { color: var(--ink-soft); font-size: var(--small); font-weight: 600; }
.tile-value { font-size: 1.625rem; line-height: 1.25; font-weight: 700; letter-spacing: -.02em; font-variant-numeric: tabular-nums; }
.tile-value::first-letter { text-transform: uppercase; }
.tile-note { color: var(--ink-soft); font-size: .8125rem; line-height: 1.4; }
.tile[data-tone="quiet"] .tile-value { color: var(--ink-soft); font-weight: 600; font-size: var(--large); line-height: 1.7; }
.tile[data-tone="alarm"] { background: var(--danger-wash); }
.tile[data-tone="alarm"] :is(dt, dd) { color: var(--danger); }
.charts { display: grid; grid-template-columns: minmax(0, 1fr); gap: var(--space-4); }
.chart { display: grid; grid-template-columns: minmax(0, 1fr); align-content: start; gap: var(--space-3); padding: var(--space-4); min-width: 0; }
.chart h2 { font-size: var(--heading-3); }
.plot { height: 11rem; overflow: hidden; --line-1: var(--pine); --line-2: var(--focus); --line-3: var(--danger); --line-4: var(--danger); }
.legend { display: flex; flex-wrap: wrap; gap: var(--space-1) var(--space-4); font-size: var(--small); color: var(--ink-soft); }
.legend[hidden] { display: none; }
.legend li { display: flex; align-items: center; gap: var(--space-2); }
.legend b { color: var(--ink); font-variant-numeric: tabular-nums; }
.stroke { flex: none; fill: none; stroke: var(--pine); stroke-width: 2.5; }
.stroke-second { stroke: var(--focus); stroke-dasharray: 7 4; }
.stroke-third { stroke: var(--danger); stroke-dasharray: 2 3; }
.stroke-alarm { stroke: var(--danger); stroke-dasharray: 7 4; }
.chart-summary { color: var(--ink-soft); }
.console summary { display: inline-flex; align-items: center; gap: var(--space-2); min-height: var(--target); color: var(--ink-soft); font-size: var(--small); font-weight: 600; cursor: pointer; }
.console summary::before { content: ""; width: .4375rem; height: .4375rem; margin-inline: .125rem .25rem; border: solid currentColor; border-width: 0 2px 2px 0; transform: rotate(-45deg); }
.console details[open] > summary::before { transform: rotate(45deg); }
.console summary:hover { color: var(--ink); }
.numbers { width: 100%; border-collapse: collapse; font-size: var(--small); font-variant-numeric: tabular-nums; }
.numbers th, .numbers td { padding: var(--space-1) var(--space-2); border-top: 1px solid var(--line); text-align: right; font-weight: 400; }
.numbers thead th { border: 0; color: var(--ink-soft); font-weight: 600; }
.numbers th:first-child { text-align: left; padding-left: 0; }
.uplot, .uplot *, .uplot *::before, .uplot *::after { box-sizing: border-box; }
.uplot { width: min-content; line-height: 1.5; }
.u-wrap { position: relative; user-select: none; }
.u-over, .u-under { position: absolute; }
.u-under { overflow: hidden; }
.uplot canvas { display: block; position: relative; width: 100%; height: 100%; }
.u-axis { position: absolute; }
.u-cursor-x, .u-cursor-y, .u-cursor-pt { position: absolute; top: 0; left: 0; pointer-events: none; }
.u-cursor-x { height: 100%; border-right: 1px dashed var(--edge); }
.u-cursor-pt { border-radius: 50%; border: 0 solid; background-clip: padding-box !important; }
.u-off { display: none; }
.facts-wide { display: grid; grid-template-columns: minmax(0, 1fr); }
.store-state { max-width: none; }
.findings { display: grid; gap: var(--space-3); margin-top: var(--space-4); }
.finding { display: grid; gap: var(--space-2); padding: var(--space-4); }
.finding .badge { justify-self: start; align-self: start; }
.finding h3 { font-size: 1rem; letter-spacing: 0; line-height: 1.5; }
.finding p { font-size: .9375rem; overflow-wrap: anywhere; }
.good-findings { margin-top: var(--space-2); }
.servers { display: grid; grid-template-columns: minmax(0, 1fr); gap: var(--space-4); margin-top: var(--space-4); }
.server { min-width: 0; }
.server h3 + .facts { margin-top: var(--space-4); }
.server .facts dd { overflow-wrap: anywhere; }
@media (min-width: 40rem) {
  .facts-wide, .server .facts { grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); }
  .finding { grid-template-columns: 7rem minmax(0, 1fr); gap: var(--space-4); }
  .finding .badge { margin-top: .125rem; }
}
@media (min-width: 52rem) {
  .tiles { grid-template-columns: repeat(5, minmax(0, 1fr)); }
  .charts { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .chart { padding: var(--space-5); }
  .servers-many { grid-template-columns: repeat(2, minmax(0, 1fr)); }
}
@media (forced-colors: active) { .console-nav a[aria-current] { text-decoration: underline; } }
@media print { .plot, .live, .console-nav, .filters { display: none; } }
`
