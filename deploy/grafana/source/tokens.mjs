import * as units from '@grafana/grafana-foundation-sdk/units'
import { createBoard } from './board.mjs'
import { lines, stat } from './panels.mjs'
import { inRange, now, perSecond, quantile, series, share } from './queries.mjs'

/** The routes that exchange refresh tokens, and those that tell other services about tokens. */
const REFRESH = 'route=~"/refresh|/auth/refresh"'
const OAUTH = 'route=~"/oauth/.*"'
const DURATION = 'http_request_duration_seconds'

const ALL_REFRESHES = `(${perSecond('sojourn_refreshes_total')} + ${perSecond('sojourn_refreshes_refused_total')})`

/** Refresh tokens, access tokens, and the keys behind them. */
export function createTokens() {
  return createBoard({
    name: 'tokens',
    title: 'Sojourn: tokens',
    about:
      'Do clients get new tokens in time, which tokens are refused and why, and how old keys are.',
    rows: [
      { title: 'Now', panels: nowPanels() },
      { title: 'Refresh tokens', panels: refreshes() },
      { title: 'Access tokens', panels: accessTokens() },
      { title: 'Sessions behind them', panels: sessions() },
    ],
  })
}

function nowPanels() {
  return [
    stat({
      title: 'Exchanges',
      about: {
        shows: 'Refresh tokens exchanged a second.',
        good: 'About live sessions with tokens, divided by the life of an access token.',
        act: 'A rise without more people: a client refreshes before every request.',
      },
      unit: units.OpsPerSecond,
      expr: perSecond('sojourn_refreshes_total'),
    }),
    stat({
      title: 'Refused exchanges',
      about: {
        shows: 'Share of refresh tokens that were not exchanged.',
        good: 'Below 5 %: sessions end, and clients find out by trying.',
        act: 'See "Refused, by reason".',
      },
      unit: units.PercentUnit,
      expr: share(perSecond('sojourn_refreshes_refused_total'), ALL_REFRESHES),
      decimals: 1,
      limits: { warn: 0.05, bad: 0.25 },
    }),
    stat({
      title: 'Reuse alarms',
      about: {
        shows: 'Spent refresh tokens that came in again, in the time shown.',
        good: '0.',
        act: 'runbook refresh-token-reused.',
      },
      unit: units.Short,
      expr: inRange('sojourn_refresh_reuse_total'),
      decimals: 0,
      limits: { bad: 0.5 },
    }),
    stat({
      title: 'Slowest 1 % of exchanges',
      about: {
        shows: '99 of 100 exchanges were faster.',
        good: 'Below 100 ms.',
        act: 'The store: see its dashboard.',
      },
      unit: units.Seconds,
      expr: quantile(0.99, DURATION, '', REFRESH),
      limits: { warn: 0.25, bad: 1 },
    }),
    stat({
      title: 'Age of the signing key',
      about: {
        shows: 'How long the newest key of access tokens is in use.',
        good: 'Below a year.',
        act: '`sojourn keys rotate`: runbook secret-old.',
      },
      unit: units.Seconds,
      expr: now('max', 'sojourn_secret_age_seconds', '', 'secret="JWT_SECRET"'),
    }),
    stat({
      title: 'News of ended sessions',
      about: {
        shows: 'How long the news of an end was under way to the other processes, slowest 1 %.',
        good: 'Below 100 ms.',
        act: 'runbook revocation-slow.',
      },
      unit: units.Seconds,
      expr: quantile(0.99, 'sojourn_cache_news_seconds'),
      limits: { warn: 0.5, bad: 1 },
    }),
  ]
}

function refreshes() {
  return [
    lines({
      title: 'Exchanged, by outcome',
      about: {
        shows: 'replayed: the same answer once more, since tabs raced or an answer was lost.',
        good: 'Mostly rotated.',
        act: 'Many replayed: a client sends each token twice. healed, forgiven: answers get lost on the way.',
      },
      unit: units.OpsPerSecond,
      queries: [[perSecond('sojourn_refreshes_total', 'outcome'), '{{outcome}}']],
      stacked: true,
    }),
    lines({
      title: 'Refused, by reason',
      about: {
        shows: 'Why refresh tokens were not exchanged.',
        good: 'gone and expired: sessions that ended.',
        act: 'unknown, proof: forged, or REFRESH_SECRET changed without the old one in the list. ahead: the store lost writes.',
      },
      unit: units.OpsPerSecond,
      queries: [[perSecond('sojourn_refreshes_refused_total', 'reason'), '{{reason}}']],
      stacked: true,
    }),
    lines({
      title: 'Not the plain way',
      about: {
        shows:
          'Share of exchanges that were replayed, healed or forgiven, and reuse alarms a second.',
        good: 'Below 1 %.',
        act: 'After a release of a client: it keeps the old token. REFRESH_GRACE says how long that is forgiven.',
      },
      unit: units.PercentUnit,
      queries: [
        [
          share(
            perSecond('sojourn_refreshes_total', '', 'outcome!="rotated"'),
            perSecond('sojourn_refreshes_total'),
          ),
          'not rotated',
        ],
        [share(perSecond('sojourn_refresh_reuse_total'), ALL_REFRESHES), 'reuse'],
      ],
    }),
    lines({
      title: 'Answers of the refresh routes',
      about: {
        shows: 'Requests by class of status.',
        good: '2xx, and 4xx for sessions that ended.',
        act: '5xx: the store did not answer; clients keep their token and try again.',
      },
      unit: units.RequestsPerSecond,
      queries: [[perSecond('http_requests_total', 'status_class', REFRESH), '{{status_class}}']],
      stacked: true,
    }),
    lines({
      title: 'Duration of an exchange',
      about: {
        shows: 'Half and 99 of 100 were faster.',
        good: 'The median a few milliseconds.',
        act: 'The store: see its dashboard, verb rotate.',
      },
      unit: units.Seconds,
      queries: [
        [quantile(0.5, DURATION, '', REFRESH), 'median'],
        [quantile(0.99, DURATION, '', REFRESH), '99 %'],
      ],
    }),
    lines({
      title: 'Rotations in the store',
      about: {
        shows: 'Half and 99 of 100 calls of the verb rotate were faster, and how many there are.',
        good: 'Below 10 ms.',
        act: 'The store: see its dashboard.',
      },
      unit: units.Seconds,
      queries: [
        [quantile(0.5, 'sojourn_store_calls_seconds', '', 'verb="rotate"'), 'median'],
        [quantile(0.99, 'sojourn_store_calls_seconds', '', 'verb="rotate"'), '99 %'],
      ],
    }),
  ]
}

function accessTokens() {
  return [
    lines({
      title: 'Tokens rejected, by code',
      about: {
        shows: 'Access tokens that were refused. Proofs (DPoP) are beside this.',
        good: 'token_expired: clients that refresh when told so.',
        act: 'signature_invalid, kid_unknown, alg_not_allowed: forged, or of another issuer. token_stale: from before a sign-out.',
      },
      unit: units.RequestsPerSecond,
      queries: [
        [
          perSecond(
            'sojourn_credentials_rejected_total',
            'code',
            'code=~"token_.*|signature_.*|kid_.*|alg_.*|typ_.*|crit_.*|issuer_.*|audience_.*|claims_.*|header_.*"',
          ),
          '{{code}}',
        ],
      ],
      stacked: true,
    }),
    lines({
      title: 'Proofs rejected, by code',
      about: {
        shows: 'Proofs of possession (DPoP) that did not fit, and tokens shown by another holder.',
        good: '0.',
        act: 'proof_replayed, binding_mismatch: somebody has a copy. proof_mismatch after a deployment: the address seen by clients differs from PUBLIC_URL.',
      },
      unit: units.RequestsPerSecond,
      queries: [
        [
          perSecond('sojourn_credentials_rejected_total', 'code', 'code=~"proof_.*|.*_mismatch"'),
          '{{code}}',
        ],
      ],
      stacked: true,
    }),
    lines({
      title: 'Questions of other services',
      about: {
        shows:
          'Introspection, revocation and lists of revocations, by class of status. Empty where nobody has asked since the start.',
        good: '2xx.',
        act: '401: a client whose secret changed (OAUTH_CLIENTS).',
      },
      unit: units.RequestsPerSecond,
      queries: [
        [
          `${perSecond('http_requests_total', 'route, status_class', OAUTH)}`,
          '{{route}} {{status_class}}',
        ],
      ],
      stacked: true,
    }),
    lines({
      title: 'Rate limits of the token routes',
      about: {
        shows: 'How the limits of exchanging and asking decided.',
        good: 'allowed.',
        act: 'refused: one address asks too often: a client that loops.',
      },
      unit: units.RequestsPerSecond,
      queries: [
        [
          perSecond(
            'sojourn_limit_decisions_total',
            'policy, outcome',
            'policy=~"refresh|token-status"',
          ),
          '{{policy}} {{outcome}}',
        ],
      ],
    }),
    lines({
      title: 'Age of secrets that make tokens',
      about: {
        shows: 'How long the newest secrets for access and refresh tokens are in use.',
        good: 'Below a year.',
        act: 'runbook secret-old.',
      },
      unit: units.Seconds,
      queries: [
        [
          now('max', 'sojourn_secret_age_seconds', 'secret', 'secret=~"JWT_SECRET|REFRESH_SECRET"'),
          '{{secret}}',
        ],
        [now('min', 'sojourn_secret_age_limit_seconds'), 'due'],
      ],
      width: 16,
    }),
  ]
}

function sessions() {
  return [
    lines({
      title: 'Sessions of people: started and renewed',
      about: {
        shows: 'Sign-ins, and sessions that got a new secret.',
        good: 'Follows the day.',
        act: 'Sign-ins that rise while people do not: their sessions end too early; see the reasons beside this.',
      },
      unit: units.OpsPerSecond,
      queries: [
        [perSecond('sojourn_sessions_started_total', '', 'kind="signed_in"'), 'started'],
        [perSecond('sojourn_sessions_renewed_total', 'kind'), 'renewed {{kind}}'],
      ],
    }),
    lines({
      title: 'Ends that take tokens away',
      about: {
        shows: 'Sessions ended by decision; their tokens are refused from then on.',
        good: 'logged_out.',
        act: 'refresh_reuse: see above. key_retired: a key was taken away.',
      },
      unit: units.OpsPerSecond,
      queries: [
        [perSecond('sojourn_sessions_ended_total', 'reason', 'reason!~"expired_.*"'), '{{reason}}'],
      ],
      stacked: true,
    }),
    lines({
      title: 'News of ended sessions, over time',
      about: {
        shows: 'How long an end was under way to the other processes: half, and 99 of 100.',
        good: 'Below 100 ms.',
        act: 'runbook revocation-slow.',
      },
      unit: units.Seconds,
      queries: [
        [quantile(0.5, 'sojourn_cache_news_seconds'), 'median'],
        [quantile(0.99, 'sojourn_cache_news_seconds'), '99 %'],
        [`max(${series('sojourn_cache_staleness_limit_seconds')})`, 'limit'],
      ],
    }),
  ]
}
