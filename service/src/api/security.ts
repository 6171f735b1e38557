import type { oas31 } from 'zod-openapi'
import type { Who } from './operation.js'

/** How to show who one is. `cookieName`: of the session cookie. */
export function securitySchemes(
  cookieName: string,
): Readonly<Record<string, oas31.SecuritySchemeObject>> {
  return {
    cookie: {
      type: 'apiKey',
      in: 'cookie',
      name: cookieName,
      description:
        'The session cookie. Unless `COOKIE_NAME` is set its name ends in a tag of the secret, and begins with `__Host-` over https.',
    },
    bearer: {
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
      description: 'An access token (RFC 6750).',
    },
    refreshToken: { type: 'http', scheme: 'bearer', description: 'A refresh token.' },
    client: {
      type: 'http',
      scheme: 'basic',
      description: 'A client of `OAUTH_CLIENTS`; or `client_id` and `client_secret` in the body.',
    },
    adminToken: { type: 'http', scheme: 'bearer', description: '`ADMIN_TOKEN`.' },
    metricsToken: { type: 'http', scheme: 'bearer', description: '`METRICS_TOKEN`, where set.' },
  }
}

const SESSION = [{ cookie: [] }, { bearer: [] }]

/** The credentials that help, by who may ask. An empty one: it goes without. */
export const SECURITY: Readonly<Record<Who, readonly oas31.SecurityRequirementObject[]>> = {
  machine: [],
  anybody: [],
  guest: [{}, ...SESSION],
  person: SESSION,
  recent: SESSION,
  client: [{ client: [] }, {}],
  admin: [{ adminToken: [] }, ...SESSION],
  metrics: [{ metricsToken: [] }, {}],
}
