import { randomBytes } from 'node:crypto'
import type { Environment } from './service.js'

const secret = (): string => randomBytes(48).toString('base64url')

/** What production needs, behind a proxy that ends TLS. The secrets are new each time. */
export function production(): Environment {
  return {
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    PUBLIC_URL: 'https://app.example',
    TRUST_PROXY: 'loopback',
    SESSION_SECRET: secret(),
    JWT_SECRET: secret(),
    REFRESH_SECRET: secret(),
  }
}

/** What such a proxy says about a request that came by https, and what a page of ours says of itself. */
export const BY_HTTPS = {
  Host: 'app.example',
  Origin: 'https://app.example',
  'X-Forwarded-Proto': 'https',
  'X-Forwarded-For': '203.0.113.7',
} as const
