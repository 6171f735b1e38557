/** What the documents let expect of blocks beyond that they run without a fault. */

/** What a script prints: each has to match. By page and number. */
export const PRINTS: Readonly<Record<string, readonly RegExp[]>> = {
  'README.md#2': [/"accessToken"/, /"username":\s*"ada"|ada/, /401/, /logged_out/],
  'docs/guide/api.md#2': [/"openapi":\s*"3\.1/],
  'docs/guide/cli.md#1': [/Usage: sojourn/, /Usage: sojourn sessions/, /^\d+\.\d+\.\d+/m],
  'docs/guide/cli.md#4': [/dry|would|moved/i],
  'docs/guide/cli.md#8': [/idle|absolute|device/i],
  'docs/guide/cli.md#16': [/SESSION_SECRET/],
  'docs/guide/doctor.md#1': [/config/],
  'docs/start.md#5': [
    /^\{"views":1\}\s*\{"views":2\}\s*\{"user":"ada"\}/,
    /"subject":"ada"/,
    /\{"ended":true\}/,
    /"status":401.*"reason":"logged_out"|"reason":"logged_out".*"status":401/,
  ],
  'docs/start.md#8': [/"grace"|accessToken/, /logged_out/],
  'examples/from-express-session/README.md#1': [/ada/, /tea/, /cup/],
  'examples/session-recipe/README.md#1': [/ada/],
}
