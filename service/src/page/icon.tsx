import type { JSX } from 'preact'

import type { DeviceKind } from './device-name.js'

/** Small line drawings on a 24-unit grid; always beside words, so never read aloud. */
const ICONS = {
  desktop: 'M4 5h16v11H4zM2.5 19.5h19',
  phone: 'M7.5 2.5h9v19h-9zM11 18.5h2',
  tablet: 'M4.5 3h15v18h-15zM11 18h2',
  unknown:
    'M4 12a8 8 0 1 1 16 0 8 8 0 0 1-16 0M9.7 9.6a2.4 2.4 0 1 1 3.4 2.2c-.8.4-1.1.8-1.1 1.6M12 16.2v.1',
  devices: 'M3 5h14v5M3 5v10h8M2 18.5h9M14 10.5h7v10h-7zM17 17.8h1',
  shield:
    'M12 3l7.5 2.7v5.6c0 4.7-3.2 8-7.5 9.7-4.3-1.7-7.5-5-7.5-9.7V5.7zM8.8 11.8l2.3 2.3 4.2-4.4',
  person: 'M8 8.2a4 4 0 1 1 8 0 4 4 0 0 1-8 0M4.5 20.5c.7-4 3.6-6 7.5-6s6.8 2 7.5 6',
  alert: 'M12 3.5l9.5 16.5h-19zM12 9.5v5M12 17.2v.1',
  download: 'M12 4v11M7.5 10.8l4.5 4.4 4.5-4.4M4.5 19.5h15',
  check: 'M4 12a8 8 0 1 1 16 0 8 8 0 0 1-16 0M8.5 12.2l2.4 2.4 4.6-4.9',
} as const satisfies Record<DeviceKind | (string & {}), string>

export type IconName = keyof typeof ICONS

export function Icon({ name }: { readonly name: IconName }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
      <path d={ICONS[name]} />
    </svg>
  )
}
