/** What answers are made of. Strict: a field that is not here is none of ours. */
import { END_REASONS } from 'sojourn'
import { z } from 'zod'
import type {} from 'zod-openapi'

export const instant = z.iso
  .datetime()
  .meta({ id: 'Instant', examples: ['2026-03-01T09:30:00.000Z'] })
export const sessionId = z
  .string()
  .regex(/^[\w-]{2}\.[\w-]{22}$/)
  .meta({ id: 'SessionId', description: 'The public name of a session, no secret.' })
export const userId = z
  .string()
  .regex(/^[\w-]{22}$/)
  .meta({ id: 'UserId', description: '128 random bits.' })

export const NOW = '2026-03-01T09:30:00.000Z'
const LATER = '2026-03-08T09:30:00.000Z'
export const USER_ID = 'pZ7qXw2vLk9dNf4cHs6jBm'
export const SESSION_ID = 'Hs.6jBm3rWt8zQy5gKx2nTrVp'

export const user = z
  .object({ id: userId, username: z.string().nullable(), email: z.string().nullable() })
  .meta({ id: 'User', description: 'A person, as answers show them.' })
export const USER = { id: USER_ID, username: 'ada', email: null }

export const tokens = z
  .object({
    accessToken: z.string().meta({ description: 'A JWT (RFC 9068). `Authorization: Bearer …`.' }),
    refreshToken: z.string().meta({ description: 'Good for one exchange at `POST /refresh`.' }),
    expiresIn: z.int().meta({ description: 'Seconds for which the access token is good.' }),
    tokenType: z.enum(['Bearer', 'DPoP']),
  })
  .meta({ id: 'Tokens', description: 'A pair of tokens of one session.' })
export const TOKENS = {
  accessToken: 'eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCJ9.….…',
  refreshToken: 'rt.….…',
  expiresIn: 900,
  tokenType: 'Bearer',
}

export const sessionInfo = z
  .object({
    sessionId,
    createdAt: instant,
    lastActivity: instant,
    expiresAt: instant,
    idleExpiresAt: instant,
  })
  .meta({ id: 'SessionInfo', description: 'The session in use, in short.' })
export const SESSION_INFO = {
  sessionId: SESSION_ID,
  createdAt: NOW,
  lastActivity: NOW,
  expiresAt: LATER,
  idleExpiresAt: LATER,
}

export const session = z
  .object({
    id: sessionId,
    subject: userId,
    data: z.looseObject({}).meta({ description: 'What clients keep in it.' }),
    createdAt: instant,
    lastSeenAt: instant,
    idleExpiresAt: instant.nullable().meta({ description: 'When it ends if nothing happens.' }),
    expiresAt: instant.meta({ description: 'When it ends whatever happens.' }),
    authenticatedAt: instant
      .nullable()
      .meta({ description: 'When the person proved who they are.' }),
    serverTime: instant.meta({ description: 'Compare with this, not with your own clock.' }),
  })
  .meta({ id: 'Session', description: 'The session in use, with the data kept in it.' })
export const SESSION = {
  id: SESSION_ID,
  subject: USER_ID,
  data: { theme: 'dark' },
  createdAt: NOW,
  lastSeenAt: NOW,
  idleExpiresAt: LATER,
  expiresAt: LATER,
  authenticatedAt: NOW,
  serverTime: NOW,
}

export const device = z
  .object({
    id: sessionId,
    current: z.boolean().meta({ description: 'Whether this is the session that asks.' }),
    createdAt: instant,
    lastSeenAt: instant,
    expiresAt: instant,
    device: z.object({
      name: z.string(),
      browser: z.string(),
      os: z.string().nullable(),
      kind: z.enum(['desktop', 'phone', 'tablet', 'unknown']),
    }),
    ip: z.string().nullable().meta({ description: 'As far as the privacy options keep it.' }),
    place: z.string().nullable().meta({ description: 'Where that is, with `PLACES_FILE`.' }),
    methods: z.array(z.string()).meta({ description: 'How the person signed in (RFC 8176).' }),
    actedIn: z
      .object({ reason: z.string() })
      .nullable()
      .meta({ description: 'An administrator acts in it for its owner, and why.' }),
  })
  .meta({ id: 'Device', description: 'A session, as its owner sees it.' })
export const DEVICE = {
  id: SESSION_ID,
  current: true,
  createdAt: NOW,
  lastSeenAt: NOW,
  expiresAt: LATER,
  device: { name: 'Firefox on Linux', browser: 'Firefox', os: 'Linux', kind: 'desktop' },
  ip: '203.0.113.7',
  place: 'Lisbon, Portugal',
  methods: ['pwd'],
  actedIn: null,
}

export const endReason = z
  .enum(END_REASONS)
  .meta({ id: 'EndReason', description: 'Why a session is over. Told to its holder alone.' })

export const problem = z
  .object({
    type: z.literal('about:blank'),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional().meta({ description: 'One sentence for people.' }),
    code: z.string().meta({ description: 'Stable: switch on this.' }),
    reason: endReason.optional(),
    check: z.string().optional().meta({ description: 'Which check of a guard failed.' }),
    retryAfter: z.int().optional().meta({ description: 'Seconds, as in `Retry-After`.' }),
    field: z.string().optional().meta({ description: 'The field that is wrong.' }),
    errors: z
      .array(z.object({ field: z.string(), message: z.string() }))
      .optional()
      .meta({ description: 'All fields that are wrong.' }),
    error: z.string(),
    error_description: z.string().optional().meta({ description: 'RFC 6749 section 5.2.' }),
    message: z.string(),
    stack: z.string().optional().meta({ description: 'In development only.' }),
  })
  .meta({ id: 'Problem', description: 'What is wrong (RFC 9457).' })

/** Of an act that has nothing more to say. */
export const done = z.object({ success: z.literal(true) })
export const count = z.int().min(0).meta({ description: 'How many sessions have ended.' })
export const counted = done.extend({ count })
export const said = done.extend({ message: z.string() })
export const next = z
  .string()
  .nullable()
  .meta({ description: 'Pass it as `cursor` for the next page; null: this is the last.' })
