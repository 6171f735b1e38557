/** How values are written, as `.env.example` says it. */
export const DURATION = 'duration with its unit: 90s, 15m, 12h, 7d'
export const SECONDS = 'whole seconds (86400) or a duration with its unit (24h)'
export const SECRETS = '32 bytes or more; a comma-separated list for rotation, newest first'
