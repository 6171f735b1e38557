import { BARE, SIGN_INS } from '../candidates.mjs'
import { measureRefresh } from '../micro/refresh.mjs'
import { startRedis } from '../harness/redis.mjs'
import { table } from '../harness/table.mjs'
import { countExactly } from '../requests/exact.mjs'
import { select } from '../requests/part.mjs'
import { requestTable, toRows } from '../requests/report.mjs'
import { measureInRounds } from '../requests/rounds.mjs'
import { measureAmongMany } from './many.mjs'

/** `--part people`: sign-ins, refreshes, and all sessions of a person among many others. */
export async function peoplePart(how) {
  const { here, missing } = select(SIGN_INS, '')
  const exact = await countExactly([BARE, ...here])
  const { rows } = await measureInRounds(here, how)
  const signIns = toRows(rows, exact)
  const refreshes = await refreshesOf(how)
  const many = await measureAmongMany(how)
  const report = { missing, signIns, refreshes, many }
  return { ...report, text: toText(report) }
}

async function refreshesOf({ rounds, seconds }) {
  const redis = await startRedis()
  try {
    return await measureRefresh({ redis, rounds, seconds })
  } finally {
    redis.stop()
  }
}

function toText({ signIns, refreshes, many }) {
  return [
    'Sign-ins over HTTP, no password hashed:',
    '',
    requestTable(signIns),
    '',
    ...signIns.filter(({ note }) => note).map(({ name, note }) => `- ${name}: ${note}.`),
    '',
    'Refreshes, 50 chains in one process:',
    '',
    table(
      ['50 in flight', 'each second', 'min-max', 'Redis commands', 'Redis CPU us'],
      refreshes.map(({ name, rate, spread, commands, redisCpu }) => [
        name,
        rate,
        spread,
        commands,
        redisCpu,
      ]),
    ),
    '',
    `All sessions of one person, among ${many[0].sessions.toLocaleString('en')} of others in Redis (milliseconds, medians):`,
    '',
    manyTable(many),
  ].join('\n')
}

const milliseconds = (number) => number.toFixed(number < 10 ? 2 : 0)

function manyTable(many) {
  return table(
    [
      'stack',
      'sessions of the person',
      'first page',
      'all',
      'revoke all, effective after',
      'longest wait of others meanwhile, same process',
      'another process, at Redis',
      'the same when nothing goes on',
      'Redis bytes a session',
    ],
    many.flatMap(({ name, sizes, bytes, idle }) =>
      sizes.map(({ size, listFirst, listAll, revokeAll, sameProcess, otherProcess }) => [
        name,
        size.toLocaleString('en'),
        ...[listFirst, listAll, revokeAll, sameProcess, otherProcess].map(milliseconds),
        `${milliseconds(idle.sameProcess)} / ${milliseconds(idle.otherProcess)}`,
        bytes,
      ]),
    ),
  )
}
