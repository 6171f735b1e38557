import * as units from '@grafana/grafana-foundation-sdk/units'
import { createBoard } from './board.mjs'
import { lines, stat } from './panels.mjs'
import { inRange, now, perSecond, quantile, series } from './queries.mjs'

/** Who attacks, what stopped them, and whether what we keep of it is complete. */
export function createSecurity() {
  return createBoard({
    name: 'security',
    title: 'Sojourn: security',
    about: 'Attacks and what stopped them; acts of administrators; the trail; the age of secrets.',
    rows: [
      { title: 'In the time shown', panels: totals() },
      { title: 'Sign-ins', panels: signIns() },
      { title: 'Guards', panels: guards() },
      { title: 'People and administrators', panels: people() },
      { title: 'Audit trail and log', panels: trail() },
      { title: 'Secrets', panels: secrets() },
    ],
  })
}

function totals() {
  return [
    stat({
      title: 'Stolen refresh tokens',
      about: {
        shows: 'Spent refresh tokens that came in once more. Their sessions were ended.',
        good: '0.',
        act: 'Somebody has a copy, or a client keeps old tokens: runbook refresh-token-reused.',
      },
      unit: units.Short,
      expr: inRange('sojourn_refresh_reuse_total'),
      decimals: 0,
      limits: { bad: 0.5 },
    }),
    stat({
      title: 'Lockouts',
      about: {
        shows: 'How often an account, a network or a device began to have to wait.',
        good: 'A few an hour: people forget passwords.',
        act: 'Many: runbook lockout-storm.',
      },
      unit: units.Short,
      expr: inRange('sojourn_sign_in_lockouts_total'),
      decimals: 0,
      limits: { warn: 10, bad: 50 },
    }),
    stat({
      title: 'Failed sign-ins',
      about: {
        shows: 'Attempts with a wrong password or an unknown name.',
        good: 'Fewer than good ones.',
        act: 'runbook sign-in-failures.',
      },
      unit: units.Short,
      expr: inRange('sojourn_sign_ins_total', '', 'outcome="failed"'),
      decimals: 0,
    }),
    stat({
      title: 'Refused requests',
      about: {
        shows: 'Requests that a guard refused: CSRF, rate limits, another origin, …',
        good: 'Few, and always of the same guards.',
        act: 'A guard that begins to refuse after a deployment refuses your own pages: see "Refused, by guard".',
      },
      unit: units.Short,
      expr: inRange('sojourn_requests_refused_total', '', 'outcome="refused"'),
      decimals: 0,
    }),
    stat({
      title: 'Anomalies',
      about: {
        shows: 'Sessions that were used in another way than before.',
        good: 'A few: people travel and change browsers.',
        act: 'Many at once: stolen cookies, or a proxy that hides addresses (TRUST_PROXY).',
      },
      unit: units.Short,
      expr: inRange('sojourn_anomalies_total'),
      decimals: 0,
    }),
    stat({
      title: 'Oldest secret',
      about: {
        shows: 'The age of the oldest secret in use, as a share of the age at which it is due.',
        good: 'Below 90 %.',
        act: '`sojourn secret` makes a new one, to stand in front of the list: runbook secret-old.',
      },
      unit: units.PercentUnit,
      expr: `max(${series('sojourn_secret_age_seconds')} / on (job, instance) group_left () ${series('sojourn_secret_age_limit_seconds')})`,
      decimals: 0,
      limits: { warn: 0.9, bad: 1 },
    }),
  ]
}

function signIns() {
  return [
    lines({
      title: 'Attempts',
      about: {
        shows: 'Sign-ins by outcome; limited ones were refused before the password was looked at.',
        good: 'Mostly ok.',
        act: 'More failed than ok: runbook sign-in-failures.',
      },
      unit: units.OpsPerSecond,
      queries: [[perSecond('sojourn_sign_ins_total', 'outcome'), '{{outcome}}']],
      stacked: true,
    }),
    lines({
      title: 'Failures, by reason',
      about: {
        shows: 'As the application reported them.',
        good: 'Low and level.',
        act: 'Compare with lockouts: failures without lockouts are spread over many accounts.',
      },
      unit: units.OpsPerSecond,
      queries: [[perSecond('sojourn_sign_in_failures_total', 'reason'), '{{reason}}']],
      stacked: true,
    }),
    lines({
      title: 'Lockouts, by scope',
      about: {
        shows: 'network: everybody in it waits; account: whoever is not on a known device.',
        good: 'account_network, now and then.',
        act: 'account: one person is attacked from many places. network: one place attacks many: runbook lockout-storm.',
      },
      unit: units.OpsPerSecond,
      queries: [
        [perSecond('sojourn_sign_in_lockouts_total', 'scope'), '{{scope}}'],
        [perSecond('sojourn_sign_in_unlocks_total', 'by'), 'lifted by {{by}}'],
      ],
    }),
    lines({
      title: 'Suspicious sign-ins',
      about: {
        shows: 'What its person or an operator should hear of.',
        good: 'new_device and new_network.',
        act: 'spray, stuffing: runbook password-spray. impossible_travel, after_failures: `sojourn audit --event signin.suspicious`.',
      },
      unit: units.OpsPerSecond,
      queries: [[perSecond('sojourn_sign_ins_suspicious_total', 'kind'), '{{kind}}']],
    }),
    lines({
      title: 'Passwords that wait to be hashed',
      about: {
        shows: 'Hashing is slow on purpose. refused: the queue was full, and people got 503.',
        good: '0, with short peaks.',
        act: 'More processes, or an attack: runbook password-queue-long.',
      },
      unit: units.Short,
      queries: [
        [now('sum', 'sojourn_password_queue_length', 'instance'), '{{instance}} waiting'],
        [perSecond('sojourn_password_refused_total'), 'refused a second'],
      ],
      limits: { bad: 32 },
    }),
    lines({
      title: 'Hashing of passwords',
      about: {
        shows: 'How long passwords waited for their turn, and how long hashing took.',
        good: 'Waiting below hashing.',
        act: 'Hashing itself became slower: the host has less CPU than before.',
      },
      unit: units.Seconds,
      queries: [
        [quantile(0.99, 'sojourn_password_wait_seconds'), 'waited, 99 %'],
        [quantile(0.5, 'sojourn_password_hash_seconds'), 'hashed, median'],
        [quantile(0.99, 'sojourn_password_hash_seconds'), 'hashed, 99 %'],
      ],
    }),
  ]
}

function guards() {
  return [
    lines({
      title: 'Refused, by guard',
      about: {
        shows: 'Requests that a guard refused.',
        good: 'Low and level.',
        act: 'csrf or cross_origin after a deployment: PUBLIC_URL or CORS_ORIGIN is wrong. Otherwise somebody tries.',
      },
      unit: units.RequestsPerSecond,
      queries: [
        [perSecond('sojourn_requests_refused_total', 'guard', 'outcome="refused"'), '{{guard}}'],
      ],
      stacked: true,
    }),
    lines({
      title: 'Would have been refused',
      about: {
        shows: 'What guards in shadow mode only noted.',
        good: 'Nothing of your own pages and clients.',
        act: 'Look at them in the log (request.refused) before the guard is made to enforce.',
      },
      unit: units.RequestsPerSecond,
      queries: [
        [perSecond('sojourn_requests_refused_total', 'guard', 'outcome="shadowed"'), '{{guard}}'],
        [perSecond('sojourn_anomalies_total', 'answer', 'outcome="shadowed"'), '{{answer}}'],
      ],
      stacked: true,
    }),
    lines({
      title: 'Rate limits: refused, by policy',
      about: {
        shows: 'Requests over the limit, and those decided without the store.',
        good: 'Near 0.',
        act: 'One policy for long: a client loops, or RATE_LIMIT is too low for an office behind one address.',
      },
      unit: units.RequestsPerSecond,
      queries: [
        [
          perSecond('sojourn_limit_decisions_total', 'policy', 'outcome!="allowed"'),
          '{{policy}} refused',
        ],
        [perSecond('sojourn_limit_decisions_total', '', 'by="process"'), 'decided without store'],
      ],
    }),
    lines({
      title: 'Rate limits: allowed, by policy',
      about: {
        shows: 'Requests within the limit.',
        good: 'Follows the day.',
        act: 'Compare with what is refused before a limit is changed.',
      },
      unit: units.RequestsPerSecond,
      queries: [
        [perSecond('sojourn_limit_decisions_total', 'policy', 'outcome="allowed"'), '{{policy}}'],
      ],
      stacked: true,
    }),
    lines({
      title: 'Anomalies, by answer',
      about: {
        shows: 'What was done about sessions that are used in another way than before.',
        good: 'observe.',
        act: 'revoke, step-up: `sojourn audit --event anomaly.detected`.',
      },
      unit: units.OpsPerSecond,
      queries: [
        [perSecond('sojourn_anomalies_total', 'answer', 'outcome="enforced"'), '{{answer}}'],
      ],
    }),
    lines({
      title: 'Anomalies, by signal',
      about: {
        shows: 'What was seen: another network, another browser, impossible travel, …',
        good: 'network_changed, as people move.',
        act: 'agent_changed without new releases of browsers: stolen cookies.',
      },
      unit: units.OpsPerSecond,
      queries: [[perSecond('sojourn_anomaly_signals_total', 'signal'), '{{signal}}']],
    }),
    lines({
      title: 'Credentials rejected',
      about: {
        shows: 'What was presented was malformed, foreign, unknown or wrong.',
        good: 'session_unknown and token_expired: people who come back late.',
        act: 'signature_invalid, kid_unknown: forged, or a key that was taken away too early. binding_mismatch: another browser.',
      },
      unit: units.RequestsPerSecond,
      queries: [[`${perSecond('sojourn_credentials_rejected_total', 'code')}`, '{{code}}']],
      stacked: true,
      width: 16,
    }),
    lines({
      title: 'Writes to ended sessions',
      about: {
        shows: 'Requests that wanted to write to a session that had ended meanwhile.',
        good: 'Near 0.',
        act: 'Many after a sign-out everywhere: clients that do not notice it.',
      },
      unit: units.OpsPerSecond,
      queries: [[perSecond('sojourn_writes_refused_total'), 'refused']],
    }),
  ]
}

function people() {
  return [
    lines({
      title: 'All sessions of a person ended',
      about: {
        shows: 'Sign-outs everywhere, changes of password, disabled accounts.',
        good: 'Low.',
        act: 'refresh_reuse or anomaly: see who in `sojourn audit --event subject.revoked`.',
      },
      unit: units.OpsPerSecond,
      queries: [[perSecond('sojourn_subjects_revoked_total', 'reason'), '{{reason}}']],
      stacked: true,
    }),
    lines({
      title: 'Acts of administrators',
      about: {
        shows: 'Acts through the admin API; people switched off and on; acting for others.',
        good: 'You know who did it.',
        act: '`sojourn audit --event admin.acted`: who, what, whom.',
      },
      unit: units.Short,
      queries: [
        [inRange('sojourn_admin_acts_total'), 'acts'],
        [inRange('sojourn_subjects_disabled_total'), 'disabled'],
        [inRange('sojourn_subjects_enabled_total'), 'enabled'],
        [inRange('sojourn_impersonations_started_total'), 'acting for others'],
      ],
    }),
    lines({
      title: 'Passwords changed',
      about: {
        shows: 'Passwords and other proofs that were set, changed or removed.',
        good: 'Low and level.',
        act: 'Many at once, after suspicious sign-ins: accounts are being taken over.',
      },
      unit: units.OpsPerSecond,
      queries: [[perSecond('sojourn_credentials_changed_total'), 'changed']],
    }),
  ]
}

function trail() {
  return [
    lines({
      title: 'Audit records',
      about: {
        shows: 'Records written to the trail, and those that were lost.',
        good: 'dropped is 0.',
        act: 'runbook audit-dropped.',
      },
      unit: units.RecordsPerSecond,
      queries: [
        [perSecond('sojourn_audit_records_written_total'), 'written'],
        [perSecond('sojourn_audit_records_dropped_total'), 'dropped'],
        [perSecond('sojourn_audit_write_failures_total'), 'failed attempts'],
      ],
    }),
    lines({
      title: 'Audit records that wait',
      about: {
        shows: 'Records that are not in the database yet.',
        good: 'A few hundred at most; at 10,000 they are dropped.',
        act: 'The database is slow or away: runbook audit-write-failing.',
      },
      unit: units.Short,
      queries: [[now('sum', 'sojourn_audit_queue_length', 'instance'), '{{instance}}']],
      limits: { warn: 1000, bad: 9000 },
    }),
    lines({
      title: 'Log lines lost',
      about: {
        shows: 'Lines that could not be written: a full disk, or a reader that does not read.',
        good: '0.',
        act: 'runbook log-dropped.',
      },
      unit: units.OpsPerSecond,
      queries: [[perSecond('sojourn_log_lines_dropped_total', 'instance'), '{{instance}}']],
      limits: { bad: 0.01 },
    }),
  ]
}

function secrets() {
  return [
    lines({
      title: 'Age of secrets',
      about: {
        shows: 'How long the newest secret of each kind is in use, and when it is due.',
        good: 'Below the line.',
        act: 'Put a new one in front of the list, or `sojourn keys rotate`; nobody is signed out: runbook secret-old.',
      },
      unit: units.Seconds,
      queries: [
        [now('max', 'sojourn_secret_age_seconds', 'secret'), '{{secret}}'],
        [now('min', 'sojourn_secret_age_limit_seconds'), 'due'],
      ],
      width: 24,
    }),
  ]
}
