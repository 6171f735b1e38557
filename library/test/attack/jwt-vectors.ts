import { randomBytes, sign as signWith } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import {
  AUDIENCE,
  claimsText,
  forge,
  GOOD_CLAIMS,
  headerOf,
  hmac,
  ISSUER,
  NOW,
  segment,
  SESSION,
  signatureOf,
  type TestKey,
} from '../credential/jwt/forge.js'

/**
 * Tokens that somebody might send, by class, each with what it must be refused for. They are made without the code under
 * test. Where it matters that nothing but the trick is wrong, the signature is good.
 */

/** What the attacks are made with: the good keys, of which an attacker knows the public halves, and one of their own. */
export interface Arsenal {
  readonly ed: TestKey
  readonly ec: TestKey
  readonly rsa: TestKey
  readonly secret: TestKey
  /** Made by the attacker, unknown to the verifier. */
  readonly own: TestKey
  /** Where the attacker listens. */
  readonly url: string
}

/** Which verifier it is sent to: one for key pairs, or one for a shared secret. */
export interface Attack {
  readonly name: string
  readonly token: string
  readonly code: string
  readonly at?: 'pairs' | 'secret'
}

type Row = readonly [name: string, token: string, code: string]

const rows = (list: readonly Row[], at: Attack['at'] = 'pairs'): Attack[] =>
  list.map(([name, token, code]) => ({ name, token, code, at }))

const inputOf = (header: unknown, payload: unknown = GOOD_CLAIMS): string =>
  `${segment(header)}.${segment(payload)}`

/** A good signature, the header and the claims as given. */
const withHeader = (key: TestKey, over: object): string =>
  forge(key, { ...headerOf(key), ...over }, GOOD_CLAIMS)
const withClaims = (key: TestKey, over: Readonly<Record<string, string>>): string =>
  forge(key, headerOf(key), claimsText(over))

export function algNone({ ed }: Arsenal): Attack[] {
  const good = signatureOf(ed, inputOf(headerOf(ed))).toString('base64url')
  const spellings = [
    'none',
    'None',
    'NONE',
    'nOnE',
    'none ',
    ' none',
    'none\u0000',
    'nonе',
    '',
    'null',
    'undefined',
    'HS0',
  ]
  const named = spellings.flatMap((alg): Row[] => {
    const input = inputOf({ ...headerOf(ed), alg })
    return [
      [`alg ${JSON.stringify(alg)}, no signature`, `${input}.`, 'token_malformed'],
      [`alg ${JSON.stringify(alg)}, some signature`, `${input}.AAAA`, 'alg_not_allowed'],
      [
        `alg ${JSON.stringify(alg)}, another token's signature`,
        `${input}.${good}`,
        'alg_not_allowed',
      ],
    ]
  })
  const others = [
    null,
    0,
    false,
    [],
    ['none'],
    {},
    ['EdDSA'],
    { alg: 'EdDSA' },
    'eddsa',
    'EDDSA',
    'Ed25519',
    'ES256K',
    'ES384',
    'RS512',
    'PS256',
    'HS512',
    'A128KW',
    'dir',
  ]
  const typed = others.map((alg): Row => [
    `alg ${JSON.stringify(alg)}`,
    withHeader(ed, { alg }),
    'alg_not_allowed',
  ])
  const { alg: _, ...without } = headerOf(ed)
  return rows([
    ...named,
    ...typed,
    ['no alg', forge(ed, without, GOOD_CLAIMS), 'alg_not_allowed'],
    ['two segments', inputOf({ alg: 'none', typ: 'at+jwt', kid: 'ed' }), 'token_malformed'],
  ])
}

/** Every form in which the public key may have been handed out, taken for an HMAC secret. */
export function confusion(arsenal: Arsenal): Attack[] {
  const { rsa, ec, ed } = arsenal
  return [rsa, ec, ed].flatMap((key) => {
    const forms = publicForms(key)
    return Object.entries(forms).flatMap(([form, secret]): Attack[] => {
      const name = `${key.algorithm} key as ${form}`
      const macOf = (header: object): string => {
        const input = inputOf({ ...headerOf(key), ...header })
        return `${input}.${hmac(secret, input).toString('base64url')}`
      }
      return [
        ...rows([[`${name}, HS256`, macOf({ alg: 'HS256' }), 'alg_not_allowed']]),
        ...rows([[`${name}, its own alg`, macOf({}), 'signature_invalid']]),
        // A verifier for secrets, to which the public key is no key at all.
        ...rows(
          [[`${name}, where secrets are accepted`, macOf({ alg: 'HS256' }), 'kid_unknown']],
          'secret',
        ),
      ]
    })
  })
}

/** A public key as PEM, DER and JWK, in the spellings that tools leave behind. */
export function publicForms(key: TestKey): Record<string, Buffer> {
  const object = key.publicObject
  if (object === undefined) return {}
  const spki = String(object.export({ type: 'spki', format: 'pem' }))
  const jwk = object.export({ format: 'jwk' })
  const forms: Record<string, Buffer> = {
    'SPKI PEM': Buffer.from(spki),
    'SPKI PEM without the last line feed': Buffer.from(spki.trim()),
    'SPKI PEM after a line feed': Buffer.from(`\n${spki}`),
    'SPKI PEM after spaces': Buffer.from(`  ${spki}`),
    'SPKI PEM with CRLF': Buffer.from(spki.replaceAll('\n', '\r\n')),
    'SPKI PEM on one line': Buffer.from(spki.replaceAll('\n', '')),
    'SPKI base64': Buffer.from(spki.replace(/-----[^-]+-----|\n/g, '')),
    'SPKI DER': object.export({ type: 'spki', format: 'der' }),
    JWK: Buffer.from(JSON.stringify(jwk)),
    'JWK with alg and kid': Buffer.from(
      JSON.stringify({ ...jwk, alg: key.algorithm, kid: key.kid }),
    ),
    'JWK, its first coordinate': Buffer.from(String(jwk.x ?? jwk.n), 'base64url'),
    nothing: Buffer.alloc(0),
  }
  if (key.algorithm !== 'RS256') return forms
  const pkcs1 = String(object.export({ type: 'pkcs1', format: 'pem' }))
  return {
    ...forms,
    'PKCS#1 PEM': Buffer.from(pkcs1),
    'PKCS#1 PEM after white space': Buffer.from(`\t\n${pkcs1}`),
    'PKCS#1 PEM with CRLF': Buffer.from(pkcs1.replaceAll('\n', '\r\n')),
    'PKCS#1 DER': object.export({ type: 'pkcs1', format: 'der' }),
  }
}

/** One good key's name, another key's algorithm or signature. */
export function crossedKeys({ ed, ec, rsa, secret, own }: Arsenal): Attack[] {
  const claiming = (signer: TestKey, as: TestKey, over: object = {}): string => {
    const input = inputOf({ ...headerOf(as), ...over })
    return `${input}.${signatureOf(signer, input).toString('base64url')}`
  }
  return [
    ...rows([
      ['ES256 signature under an RS256 name', claiming(ec, rsa), 'signature_invalid'],
      ['RS256 signature under an EdDSA name', claiming(rsa, ed), 'signature_invalid'],
      ['EdDSA signature under an ES256 name', claiming(ed, ec), 'signature_invalid'],
      ['EdDSA header on an ES256 key', claiming(ed, ec, { alg: 'EdDSA' }), 'alg_not_allowed'],
      ['RS256 header on an EdDSA key', claiming(rsa, ed, { alg: 'RS256' }), 'alg_not_allowed'],
      ['a key of the attacker under a good name', claiming(own, ed), 'signature_invalid'],
      ['a key of the attacker under its own name', claiming(own, own), 'kid_unknown'],
      ['a shared secret at a verifier for key pairs', claiming(secret, secret), 'alg_not_allowed'],
    ]),
    ...rows(
      [
        ['a key pair at a verifier for secrets', claiming(ed, ed), 'alg_not_allowed'],
        ['a key pair under the name of the secret', claiming(ed, secret), 'signature_invalid'],
        [
          'a secret guessed empty',
          `${inputOf(headerOf(secret))}.${hmac('', inputOf(headerOf(secret))).toString('base64url')}`,
          'signature_invalid',
        ],
        [
          'a MAC cut short',
          `${inputOf(headerOf(secret))}.${signatureOf(secret, inputOf(headerOf(secret)))
            .subarray(0, 16)
            .toString('base64url')}`,
          'signature_invalid',
        ],
      ],
      'secret',
    ),
  ]
}

export function critical({ ed }: Arsenal): Attack[] {
  const values: unknown[] = [
    ['exp'],
    ['b64'],
    ['http://example.com/UNDEFINED'],
    [],
    'exp',
    null,
    {},
    ['alg'],
    ['kid', 'kid'],
    [1],
    true,
    [['b64']],
  ]
  return rows([
    ...values.map((crit): Row => [
      `crit ${JSON.stringify(crit)}`,
      withHeader(ed, { crit }),
      'crit_unsupported',
    ]),
    ['crit b64, b64 false', withHeader(ed, { crit: ['b64'], b64: false }), 'crit_unsupported'],
    ['crit with what it names', withHeader(ed, { crit: ['bork'], bork: true }), 'crit_unsupported'],
  ])
}

export function unencoded({ ed }: Arsenal): Attack[] {
  const header = segment({ ...headerOf(ed), b64: false })
  const raw = JSON.stringify(GOOD_CLAIMS).replaceAll('.', '')
  const signature = signatureOf(ed, `${header}.${raw}`).toString('base64url')
  return rows([
    ['b64 false', withHeader(ed, { b64: false }), 'header_unsupported'],
    ['b64 true', withHeader(ed, { b64: true }), 'header_unsupported'],
    ['b64 false, payload as it is', `${header}.${raw}.${signature}`, 'token_malformed'],
    [
      'b64 false, payload detached',
      `${header}..${signatureOf(ed, `${header}.`).toString('base64url')}`,
      'token_malformed',
    ],
    [
      'payload detached',
      `${segment(headerOf(ed))}..${signatureOf(ed, inputOf(headerOf(ed))).toString('base64url')}`,
      'token_malformed',
    ],
  ])
}

export function compressed({ ed }: Arsenal): Attack[] {
  const bomb = deflateRawSync(Buffer.alloc(2_000_000, 0x20))
  return rows([
    [
      'zip DEF',
      forge(ed, { ...headerOf(ed), zip: 'DEF' }, deflateRawSync(JSON.stringify(GOOD_CLAIMS))),
      'header_unsupported',
    ],
    ['zip DEF, a bomb', forge(ed, { ...headerOf(ed), zip: 'DEF' }, bomb), 'header_unsupported'],
    ['zip GZ', withHeader(ed, { zip: 'GZ' }), 'header_unsupported'],
    [
      'deflated without saying so',
      forge(ed, headerOf(ed), deflateRawSync(JSON.stringify(GOOD_CLAIMS))),
      'claims_invalid',
    ],
  ])
}

/** The token brings its key, or says where to fetch it. */
export function broughtKeys({ own, ed, url }: Arsenal): Attack[] {
  const jwk = own.publicObject?.export({ format: 'jwk' }) ?? {}
  const pem = String(own.publicObject?.export({ type: 'spki', format: 'pem' }))
  const brought: readonly object[] = [
    { jwk },
    { jwk: { ...jwk, kid: 'ed', alg: 'EdDSA' } },
    { jwk: { kty: 'oct', k: 'AAAA' } },
    { jwk: null },
    { jku: `${url}/jwks.json` },
    { jku: `${url}/jwks.json`, jwk },
    { jku: `https://id.example@${new URL(url).host}/` },
    { x5u: `${url}/cert.pem` },
    { x5c: [pem] },
    { x5c: [] },
    { x5t: 'AAAA' },
    { 'x5t#S256': 'AAAA' },
    { url: `${url}/` },
    { iss: ISSUER },
  ]
  return rows([
    ...brought.map((over): Row => [
      `signed by the attacker, with ${Object.keys(over).join(' and ')}`,
      forge(own, { ...headerOf(own), kid: 'ed', ...over }, GOOD_CLAIMS),
      'header_unsupported',
    ]),
    ...brought.map((over): Row => [
      `signed well, with ${Object.keys(over).join(' and ')}`,
      withHeader(ed, over),
      'header_unsupported',
    ]),
    ['kid is a URL', withHeader(ed, { kid: `${url}/key` }), 'kid_unknown'],
    ['kid is a long URL', withHeader(ed, { kid: `${url}/${'k'.repeat(60)}` }), 'kid_unknown'],
    [
      'iss is a URL of the attacker',
      withClaims(ed, { iss: JSON.stringify(url) }),
      'issuer_mismatch',
    ],
    [
      'jku among the claims',
      forge(own, { ...headerOf(own), kid: 'ed' }, { ...GOOD_CLAIMS, jku: url }),
      'signature_invalid',
    ],
  ])
}

export function kidInjection({ ed }: Arsenal): Attack[] {
  const kids: unknown[] = [
    '../../../../dev/null',
    '/dev/null',
    '/proc/sys/kernel/randomize_va_space',
    'C:\\nul',
    'file:///etc/passwd',
    '..',
    '',
    "x' UNION SELECT 'secret' -- ",
    "' OR '1'='1",
    '1; DROP TABLE keys',
    '$(id)',
    '`id`',
    '| id',
    '%00',
    '\u0000',
    'ed\u0000',
    ' ed',
    'ed ',
    'ED',
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    'valueOf',
    '{{7*7}}',
    '${7*7}',
    '<script>',
    '*',
    'ed,ec',
    'e\u0301d',
    '\ud83d\ude00',
    'k'.repeat(64),
    'k'.repeat(65),
    'k'.repeat(5_000),
    null,
    0,
    1,
    true,
    [],
    ['ed'],
    [['ed']],
    {},
    { ed: 1 },
    { $ne: null },
  ]
  const { kid: _, ...without } = headerOf(ed)
  return rows([
    ...kids.map((kid): Row => [
      `kid ${JSON.stringify(kid).slice(0, 50)}`,
      withHeader(ed, { kid }),
      'kid_unknown',
    ]),
    ['no kid', forge(ed, without, GOOD_CLAIMS), 'kid_unknown'],
    ['a kid of 10 KB', withHeader(ed, { kid: 'k'.repeat(10_240) }), 'token_too_large'],
    ['kid in the payload', forge(ed, without, { ...GOOD_CLAIMS, kid: 'ed' }), 'kid_unknown'],
  ])
}

export function types({ ed }: Arsenal): Attack[] {
  const typs: unknown[] = [
    'JWT',
    'jwt',
    'at',
    'jwt+at',
    'rt+jwt',
    'refresh+jwt',
    'logout+jwt',
    'dpop+jwt',
    'secevent+jwt',
    'id+jwt',
    'application/jwt',
    'at+jwt ',
    ' at+jwt',
    'at+jwt;v=1',
    'application/x/at+jwt',
    'text/at+jwt',
    'at+jwt\u0000',
    '',
    null,
    1,
    true,
    [],
    ['at+jwt'],
    {},
  ]
  const { typ: _, ...without } = headerOf(ed)
  return rows([
    ...typs.map((typ): Row => [
      `typ ${JSON.stringify(typ)}`,
      withHeader(ed, { typ }),
      'typ_mismatch',
    ]),
    ['no typ', forge(ed, without, GOOD_CLAIMS), 'typ_mismatch'],
    [
      'cty at+jwt',
      forge(ed, { ...without, typ: 'JWT', cty: 'at+jwt' }, GOOD_CLAIMS),
      'header_unsupported',
    ],
    [
      'an access token inside a token',
      forge(ed, { ...headerOf(ed), cty: 'JWT' }, forge(ed, headerOf(ed), GOOD_CLAIMS)),
      'header_unsupported',
    ],
  ])
}

export function claimShapes({ ed }: Arsenal): Attack[] {
  const wrong: Readonly<Record<string, readonly string[]>> = {
    iss: ['1', 'null', '[]', `["${ISSUER}"]`, `["${ISSUER}","x"]`, '{}', 'true', '""', ''],
    aud: [
      '1',
      'null',
      '[]',
      '[[]]',
      `["${AUDIENCE}",1]`,
      `[["${AUDIENCE}"]]`,
      '{}',
      `{"0":"${AUDIENCE}"}`,
      'true',
      '""',
      '[""]',
      '',
    ],
    sub: ['1', 'null', '[]', '["ada"]', '{}', 'true', '""', `"${'a'.repeat(256)}"`, ''],
    sid: [
      '1',
      'null',
      '""',
      '"x"',
      `["${SESSION}"]`,
      `"${SESSION}x"`,
      `"${SESSION}\\n"`,
      `"../${SESSION}"`,
      `"${SESSION.replace('.', ':')}"`,
      `"*.${'c'.repeat(22)}"`,
      '{"$ne":null}',
      '',
    ],
    jti: ['1', 'null', '[]', '""', ''],
    ver: ['1', 'null', '"x"', '"1"', '"-1.0"', '"1.2.3"', '"1e9.0"', '[1,2]', '""'],
    client_id: ['1', 'null', '[]', '""'],
    scope: [
      '1',
      'null',
      '[]',
      '["read"]',
      '""',
      '" "',
      '"a  b"',
      '" a"',
      '"a\\tb"',
      '"\\u0000"',
      '"a\\"b"',
    ],
    amr: ['"pwd"', 'null', '[1]', '[null]', '[[]]', '{}', '[""]'],
    acr: ['1', 'null', '[]', '""'],
    act: [
      '"root"',
      'null',
      '[]',
      '{}',
      '{"sub":1}',
      '{"sub":""}',
      '{"sub":["root"]}',
      '{"sub":"a","act":{"sub":"b"}}',
      '{"iss":"x","sub":"a"}',
    ],
    cnf: [
      'null',
      '"x"',
      '{}',
      '[]',
      '{"jkt":1}',
      '{"jkt":"x"}',
      `{"jkt":"${'A'.repeat(42)}B"}`,
      `{"jkt":"${'A'.repeat(43)}","x":1}`,
      '{"x5t#S256":"AAAA"}',
      '{"jwk":{}}',
    ],
  }
  const shapes = Object.entries(wrong).flatMap(([name, texts]) =>
    texts.map((text): Row => [
      `${name} ${text.slice(0, 40) || 'left out'}`,
      withClaims(ed, { [name]: text }),
      'claims_invalid',
    ]),
  )
  const payloads = [
    '[]',
    '[{}]',
    `[${claimsText({})}]`,
    '"x"',
    '1',
    'null',
    'true',
    '{}',
    ' ',
    '{',
    claimsText({}).slice(0, -1),
    `${claimsText({})}x`,
    `${claimsText({})}${claimsText({})}`,
    `${claimsText({})},`,
  ]
  return rows([
    ...shapes,
    ...payloads.map((text): Row => [
      `payload ${text.slice(0, 20)}`,
      forge(ed, headerOf(ed), text),
      'claims_invalid',
    ]),
    [
      'aud of somebody else',
      withClaims(ed, { aud: '"https://other.example"' }),
      'audience_mismatch',
    ],
    [
      'aud with ours inside a longer one',
      withClaims(ed, { aud: `"${AUDIENCE}.evil.example"` }),
      'audience_mismatch',
    ],
    [
      'iss of somebody else',
      withClaims(ed, { iss: '"https://id.example.evil.example"' }),
      'issuer_mismatch',
    ],
    ['iss with a slash', withClaims(ed, { iss: `"${ISSUER}/"` }), 'issuer_mismatch'],
  ])
}

export function times({ ed }: Arsenal): Attack[] {
  const texts = [
    `"${NOW + 900}"`,
    `"${new Date((NOW + 900) * 1000).toISOString()}"`,
    'null',
    'true',
    '[]',
    `[${NOW}]`,
    '{}',
    '""',
    '1e400',
    '-1e400',
    '1e10',
    `${NOW}.0`,
    `${NOW + 0.5}`,
    '1.7e9',
    '1.7E9',
    '-1',
    '-0',
    '9007199254740993',
    '99999999999999999999',
    `${NOW * 1000}`,
    `0${NOW}`,
    `+${NOW}`,
    '0x7fffffff',
    'NaN',
    'Infinity',
    '7258118401',
  ]
  const shapes = ['exp', 'iat', 'nbf', 'auth_time'].flatMap((name) =>
    texts.map((text): Row => [
      `${name} ${text}`,
      withClaims(ed, { [name]: text }),
      'claims_invalid',
    ]),
  )
  const seconds = (over: Readonly<Record<string, number>>): string =>
    withClaims(
      ed,
      Object.fromEntries(Object.entries(over).map(([name, value]) => [name, String(value)])),
    )
  return rows([
    ...shapes,
    ['exp before iat', seconds({ exp: NOW - 1 }), 'claims_invalid'],
    ['exp at iat', seconds({ exp: NOW }), 'claims_invalid'],
    ['a life of a day and a second', seconds({ exp: NOW + 86_401 }), 'claims_invalid'],
    ['a life of ten years', seconds({ exp: NOW + 315_360_000 }), 'claims_invalid'],
    ['a life from 1970', seconds({ iat: 0 }), 'claims_invalid'],
    ['expired six seconds ago', seconds({ iat: NOW - 900, exp: NOW - 6 }), 'token_expired'],
    [
      'expired five seconds ago, which is the tolerance',
      seconds({ iat: NOW - 900, exp: NOW - 5 }),
      'token_expired',
    ],
    ['expired in 1970', seconds({ iat: 1, exp: 2 }), 'token_expired'],
    ['issued in the future', seconds({ iat: NOW + 6, exp: NOW + 900 }), 'token_not_yet_valid'],
    [
      'issued next year',
      seconds({ iat: NOW + 31_536_000, exp: NOW + 31_536_900 }),
      'token_not_yet_valid',
    ],
    ['not before in six seconds', seconds({ nbf: NOW + 6 }), 'token_not_yet_valid'],
    ['signed in in the future', seconds({ auth_time: NOW + 6 }), 'token_not_yet_valid'],
  ])
}

export function duplicates({ ed }: Arsenal): Attack[] {
  const header = (text: string): string => forge(ed, text, GOOD_CLAIMS)
  const payload = (text: string): string =>
    forge(ed, headerOf(ed), `${claimsText({}).slice(0, -1)},${text}}`)
  return rows([
    [
      'alg twice',
      header('{"alg":"EdDSA","kid":"ed","typ":"at+jwt","alg":"none"}'),
      'token_malformed',
    ],
    [
      'alg twice, the same',
      header('{"alg":"EdDSA","kid":"ed","typ":"at+jwt","alg":"EdDSA"}'),
      'token_malformed',
    ],
    [
      'alg twice, once in disguise',
      header('{"\\u0061lg":"none","alg":"EdDSA","kid":"ed","typ":"at+jwt"}'),
      'token_malformed',
    ],
    ['kid twice', header('{"alg":"EdDSA","kid":"x","kid":"ed","typ":"at+jwt"}'), 'token_malformed'],
    [
      'typ twice',
      header('{"alg":"EdDSA","kid":"ed","typ":"JWT","typ":"at+jwt"}'),
      'token_malformed',
    ],
    [
      '__proto__ in the header',
      header('{"alg":"EdDSA","kid":"ed","typ":"at+jwt","__proto__":{"crit":[]}}'),
      'token_malformed',
    ],
    [
      'constructor in the header',
      header('{"alg":"EdDSA","kid":"ed","typ":"at+jwt","constructor":1}'),
      'header_unsupported',
    ],
    ['sub twice', payload('"sub":"root"'), 'claims_invalid'],
    ['sub twice, in disguise', payload('"s\\u0075b":"root"'), 'claims_invalid'],
    ['exp twice', payload(`"exp":${NOW + 901}`), 'claims_invalid'],
    ['a member of a member twice', payload('"x":{"a":1,"a":2}'), 'claims_invalid'],
    ['a member in a list twice', payload('"x":[[{"a":1,"a":2}]]'), 'claims_invalid'],
    ['__proto__ in the payload', payload('"__proto__":{"admin":true}'), 'claims_invalid'],
    [
      '__proto__ deep in the payload',
      payload('"x":{"__proto__":{"admin":true}}'),
      'claims_invalid',
    ],
    ['half a surrogate pair', payload('"x":"\\ud800"'), 'claims_invalid'],
    ['half a surrogate pair in a name', payload('"\\udc00":1'), 'claims_invalid'],
    ['1e400 somewhere', payload('"x":1e400'), 'claims_invalid'],
    ['a number that loses digits', payload('"x":12345678901234567890'), 'claims_invalid'],
    ['a comment', payload('/**/"x":1'), 'claims_invalid'],
    ['single quotes', payload("'x':1"), 'claims_invalid'],
    ['a control character', payload('"x":"\u0001"'), 'claims_invalid'],
  ])
}

export function encrypted({ ed, rsa }: Arsenal): Attack[] {
  const five = (header: object): string =>
    [header, 'key', 'iv', 'text', 'tag'].map((part) => segment(part)).join('.')
  const pbes = { alg: 'PBES2-HS512+A256KW', enc: 'A256GCM', p2c: 2_147_483_647, p2s: 'AAAA' }
  return rows([
    [
      'JWE RSA-OAEP',
      five({ alg: 'RSA-OAEP', enc: 'A256GCM', kid: rsa.kid, typ: 'at+jwt' }),
      'token_malformed',
    ],
    ['JWE dir', five({ alg: 'dir', enc: 'A256GCM', kid: 'ed', typ: 'at+jwt' }), 'token_malformed'],
    ['JWE with a huge p2c', five(pbes), 'token_malformed'],
    ['JWE with zip', five({ alg: 'dir', enc: 'A256GCM', zip: 'DEF' }), 'token_malformed'],
    ['a JWE header on a JWS', withHeader(ed, pbes), 'header_unsupported'],
    ['enc on a JWS', withHeader(ed, { enc: 'A256GCM' }), 'header_unsupported'],
    ['epk on a JWS', withHeader(ed, { epk: {}, apu: '', apv: '' }), 'header_unsupported'],
    [
      'JWE with a good JWS inside',
      `${five({ alg: 'none', enc: 'none' })}.${forge(ed, headerOf(ed), GOOD_CLAIMS)}`,
      'token_malformed',
    ],
    [
      'JWS in JSON',
      JSON.stringify({
        protected: segment(headerOf(ed)),
        payload: segment(GOOD_CLAIMS),
        signature: 'AA',
      }),
      'token_malformed',
    ],
  ])
}

const ORDER = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551')

export function signatures({ ec, ed, rsa }: Arsenal): Attack[] {
  const ecInput = inputOf(headerOf(ec))
  const signature = signatureOf(ec, ecInput)
  const number = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(64, '0'), 'hex')
  const s = BigInt(`0x${signature.subarray(32).toString('hex')}`)
  const zero = Buffer.alloc(32)
  const order = number(ORDER)
  const pairs: Readonly<Record<string, Buffer>> = {
    'r = s = 0': Buffer.concat([zero, zero]),
    'r = 0, s = 1': Buffer.concat([zero, number(1n)]),
    'r = 1, s = 0': Buffer.concat([number(1n), zero]),
    'r = s = 1': Buffer.concat([number(1n), number(1n)]),
    'r = s = n': Buffer.concat([order, order]),
    'r = n, s = 0': Buffer.concat([order, zero]),
    'r = s = n - 1': Buffer.concat([number(ORDER - 1n), number(ORDER - 1n)]),
    'r = s = n + 1': Buffer.concat([number(ORDER + 1n), number(ORDER + 1n)]),
    'all ones': Buffer.alloc(64, 255),
    's + n': Buffer.concat([signature.subarray(0, 32), number((s + ORDER) % (1n << 256n))]),
    DER: signWith('sha256', Buffer.from(ecInput), {
      key: ec.privateObject as never,
      dsaEncoding: 'der',
    }),
    'one byte too few': signature.subarray(0, 63),
    'one byte too many': Buffer.concat([signature, Buffer.alloc(1)]),
    'r and s changed over': Buffer.concat([signature.subarray(32), signature.subarray(0, 32)]),
    twice: Buffer.concat([signature, signature]),
    'a byte': Buffer.of(0),
    random: randomBytes(64),
  }
  const edInput = inputOf(headerOf(ed))
  const edSignature = signatureOf(ed, edInput)
  const l = (1n << 252n) + 27742317777372353535851937790883648493n
  const little = (bytes: Uint8Array): bigint =>
    BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`)
  const malleable = Buffer.concat([
    edSignature.subarray(0, 32),
    number(little(edSignature.subarray(32)) + l).reverse(),
  ])
  const other = inputOf(headerOf(ed), { ...GOOD_CLAIMS, sub: 'root' })
  const rsaInput = inputOf(headerOf(rsa))
  return rows([
    ...Object.entries(pairs).map(([name, bytes]): Row => [
      `ES256 ${name}`,
      `${ecInput}.${bytes.toString('base64url')}`,
      'signature_invalid',
    ]),
    ['EdDSA, s + l', `${edInput}.${malleable.toString('base64url')}`, 'signature_invalid'],
    ['EdDSA, zeros', `${edInput}.${Buffer.alloc(64).toString('base64url')}`, 'signature_invalid'],
    [
      'EdDSA, identity point',
      `${edInput}.${Buffer.concat([Buffer.of(1), Buffer.alloc(63)]).toString('base64url')}`,
      'signature_invalid',
    ],
    [
      'EdDSA, 63 bytes',
      `${edInput}.${edSignature.subarray(0, 63).toString('base64url')}`,
      'signature_invalid',
    ],
    [
      'EdDSA, another payload',
      `${other}.${edSignature.toString('base64url')}`,
      'signature_invalid',
    ],
    ['RS256, zeros', `${rsaInput}.${Buffer.alloc(256).toString('base64url')}`, 'signature_invalid'],
    [
      'RS256, one',
      `${rsaInput}.${Buffer.concat([Buffer.alloc(255), Buffer.of(1)]).toString('base64url')}`,
      'signature_invalid',
    ],
    [
      'RS256, PSS padding',
      `${rsaInput}.${signWith('sha256', Buffer.from(rsaInput), { key: rsa.privateObject as never, padding: 6 }).toString('base64url')}`,
      'signature_invalid',
    ],
    [
      'RS256, SHA-1',
      `${rsaInput}.${signWith('sha1', Buffer.from(rsaInput), rsa.privateObject as never).toString('base64url')}`,
      'signature_invalid',
    ],
    [
      'RS256, a zero in front',
      `${rsaInput}.${Buffer.concat([Buffer.alloc(1), signatureOf(rsa, rsaInput)]).toString('base64url')}`,
      'signature_invalid',
    ],
  ])
}

export function encodings({ ed }: Arsenal): Attack[] {
  const good = forge(ed, headerOf(ed), GOOD_CLAIMS)
  const [header = '', payload = '', signature = ''] = good.split('.')
  const signed = (input: string): string =>
    `${input}.${signatureOf(ed, input).toString('base64url')}`
  // A header of a length that leaves bits over, so that it has more than one spelling.
  const loose = (text: string): string =>
    `${text.slice(0, -1)}${String.fromCharCode(text.charCodeAt(text.length - 1) + 1)}`
  const padded = segment(
    `${JSON.stringify(headerOf(ed))}${' '.repeat((3 - (JSON.stringify(headerOf(ed)).length % 3) + 1) % 3)}`,
  )
  const strange: Readonly<Record<string, string>> = {
    'a space before': ` ${good}`,
    'a space after': `${good} `,
    'a line feed after': `${good}\n`,
    'a line feed inside': `${header}.\n${payload}.${signature}`,
    'a NUL after': `${good}\u0000`,
    padding: `${header}=.${payload}=.${signature}==`,
    'a dot before': `.${good}`,
    'a dot after': `${good}.`,
    'an empty header': `.${payload}.${signature}`,
    'an empty signature': `${header}.${payload}.`,
    'dots alone': '..',
    'four segments': `${good}.${signature}`,
    'the base64 alphabet': `${header}.${payload}.${signature.replaceAll('-', '+').replaceAll('_', '/')}+/`,
    'a percent sign': `${header}%2E${payload}%2E${signature}`,
    'a question mark inside': `${header}.${payload.slice(0, 4)}?${payload.slice(4)}.${signature}`,
    'full-width dots': `${header}．${payload}．${signature}`,
    'a letter that looks like one': `${header}.${payload}.а${signature.slice(1)}`,
    'a byte order mark before': `\ufeff${good}`,
    'the scheme inside': `Bearer ${good}`,
    quotes: `"${good}"`,
    'stray bits in the signature': `${header}.${payload}.${loose(signature)}`,
    'stray bits in a header, signed': signed(`${loose(padded)}.${payload}`),
    'a segment of one character too many': `${header}.${payload}.${signature}AAA`,
  }
  const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')
  const inPayload = (value: unknown): string => forge(ed, headerOf(ed), value)
  const inHeader = (value: unknown): string => forge(ed, value, GOOD_CLAIMS)
  const h = JSON.stringify(headerOf(ed))
  return rows([
    ...Object.entries(strange).map(([name, token]): Row => [name, token, 'token_malformed']),
    ['a header that is no JSON', inHeader('x'), 'token_malformed'],
    ['a header that is a list', inHeader('[]'), 'token_malformed'],
    ['a header that is null', inHeader('null'), 'token_malformed'],
    ['a header in single quotes', inHeader(h.replaceAll('"', "'")), 'token_malformed'],
    ['a header with more after it', inHeader(`${h}{}`), 'token_malformed'],
    ['a header with a BOM', inHeader(`\ufeff${h}`), 'token_malformed'],
    ['a header in UTF-16', inHeader(Buffer.from(h, 'utf16le')), 'token_malformed'],
    ['a header that is not UTF-8', inHeader(bytes(h.replace('ed"', 'ed\xff"'))), 'token_malformed'],
    [
      'an overlong encoding in the header',
      inHeader(bytes(h.replace('alg', '\xc1\xa1lg'))),
      'token_malformed',
    ],
    [
      'a header of nine levels',
      inHeader(`{"x":${'['.repeat(8)}${']'.repeat(8)}}`),
      'token_malformed',
    ],
    ['a payload with a BOM', inPayload(`\ufeff${claimsText({})}`), 'claims_invalid'],
    ['a payload in UTF-16', inPayload(Buffer.from(claimsText({}), 'utf16le')), 'claims_invalid'],
    [
      'a payload that is not UTF-8',
      inPayload(bytes(claimsText({ sub: '"\xff\xfe"' }))),
      'claims_invalid',
    ],
    [
      'an overlong encoding in the payload',
      inPayload(bytes(claimsText({ sub: '"\xc0\xae"' }))),
      'claims_invalid',
    ],
    [
      'surrogates encoded one by one',
      inPayload(bytes(claimsText({ sub: '"\xed\xa0\x80\xed\xb0\x80"' }))),
      'claims_invalid',
    ],
    [
      'a payload of nine levels',
      inPayload(claimsText({ x: `${'['.repeat(8)}${']'.repeat(8)}` })),
      'claims_invalid',
    ],
    [
      'a payload of 2,500 levels',
      inPayload(claimsText({ x: `${'['.repeat(2_500)}${']'.repeat(2_500)}` })),
      'claims_invalid',
    ],
    [
      'a payload of 2,500 levels that end nowhere',
      inPayload(`{"x":${'[{"x":'.repeat(800)}`),
      'claims_invalid',
    ],
  ])
}

export function sizes({ ed }: Arsenal): Attack[] {
  const big = forge(ed, headerOf(ed), { ...GOOD_CLAIMS, text: 'x'.repeat(99_500) })
  return rows([
    [`a good token of ${Math.round(big.length / 1000)} KB`, big, 'token_too_large'],
    ['133 KB of one letter', 'a'.repeat(133_000), 'token_too_large'],
    ['133 KB of dots', '.'.repeat(133_000), 'token_too_large'],
    ['10 MB', 'a'.repeat(10_000_000), 'token_too_large'],
    ['8193 bytes', 'a'.repeat(8_193), 'token_too_large'],
    ['8192 bytes of one letter', 'a'.repeat(8_192), 'token_malformed'],
    ['8192 dots', '.'.repeat(8_192), 'token_malformed'],
    ['8 KB of quotes', forge(ed, '"'.repeat(4_000), GOOD_CLAIMS), 'token_malformed'],
    [
      '8 KB of backslashes',
      forge(ed, `{"alg":"${'\\\\'.repeat(2_000)}`, GOOD_CLAIMS),
      'token_malformed',
    ],
    ['8 KB of white space', forge(ed, ' '.repeat(4_000), GOOD_CLAIMS), 'token_malformed'],
    ['8 KB of digits', forge(ed, headerOf(ed), '1'.repeat(5_000)), 'claims_invalid'],
    [
      'a scope of 5 KB that ends wrong',
      forge(ed, headerOf(ed), claimsText({ scope: `"${'a '.repeat(2_500)}"` })),
      'claims_invalid',
    ],
  ])
}
