/**
 * The values everything else is made of. Pine for trust, lamplight for warmth: the light is the one
 * saturated colour, and it always means someone (or where the keyboard is). Contrast is at least
 * 4.5:1 for text and 3:1 for edges and rings, in both modes.
 */
export const tokens = `
:root {
  color-scheme: light dark;
  --paper: #f1f4f0;
  --surface: #fff;
  --sunk: #e6ece7;
  --ink: #14231e;
  --ink-soft: #4a5d55;
  --line: #d3dcd6;
  --edge: #76897f;
  --pine: #17594a;
  --pine-strong: #0e4236;
  --pine-wash: #dcebe4;
  --on-pine: #fff;
  --lamp: #e08a1e;
  --lamp-wash: #fdf0d9;
  --lamp-ink: #6e4300;
  --danger: #a42a1a;
  --danger-wash: #fbe9e5;
  --focus: #b85c00;
  --door-1: #dae5de;
  --door-2: #bcd2c7;
  --door-3: #ffe6b8;
  --panel: #123f34;
  --shadow: 0 1px 2px #14231e12, 0 8px 24px -8px #14231e1f;
  --space-1: .25rem;
  --space-2: .5rem;
  --space-3: .75rem;
  --space-4: 1rem;
  --space-5: 1.5rem;
  --space-6: 2.25rem;
  --space-7: 3.5rem;
  --space-8: 5rem;
  --small: .875rem;
  --large: 1.1875rem;
  --heading-3: 1.125rem;
  --heading-2: 1.375rem;
  --heading-1: clamp(1.75rem, 1.4rem + 1.6vw, 2.375rem);
  --display: clamp(2.125rem, 1.5rem + 3.1vw, 3.5rem);
  --radius: .75rem;
  --radius-large: 1.5rem;
  --arch: 999px 999px .5rem .5rem;
  --target: 2.75rem;
  --sans: ui-sans-serif, -apple-system, "Segoe UI Variable Text", "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "Liberation Mono", monospace;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: #0d1512;
    --surface: #15201c;
    --sunk: #1c2a25;
    --ink: #e7eee9;
    --ink-soft: #a6b9af;
    --line: #293934;
    --edge: #6d8379;
    --pine: #8fd2ba;
    --pine-strong: #b3e4d2;
    --pine-wash: #1b3a31;
    --on-pine: #06231b;
    --lamp: #f5b14f;
    --lamp-wash: #38290f;
    --lamp-ink: #ffd899;
    --danger: #ff9f8d;
    --danger-wash: #2e1814;
    --focus: #f5b14f;
    --door-1: #182a23;
    --door-2: #244037;
    --door-3: #7c5c22;
    --panel: #10271f;
    --shadow: 0 1px 2px #0006, 0 8px 24px -8px #0008;
  }
}
@media (prefers-contrast: more) {
  :root { --ink-soft: var(--ink); --line: var(--edge); }
}
`
