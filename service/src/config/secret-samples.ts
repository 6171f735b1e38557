/**
 * Values that were published as examples and therefore protect nothing: every sample of the documents
 * this service grew from, of the READMEs people copy from, and the words people type first.
 */
const PUBLISHED = [
  'your_session_secret',
  'your_jwt_secret',
  'your_refresh_secret',
  'your-super-secure-jwt-secret-key-with-at-least-32-characters-for-production',
  'your-64-character-hex-secret-here',
  'your-secure-password',
  'yourPassword',
  'aVeryStrongSecretKeyThatShouldBeAtLeast32CharactersLong',
  // our own
  'put-32-random-bytes-here-as-base64url',
  'sojourn',
  'user123',
  'test123',
  // express-session, connect-redis, cookie-session, cookie-signature
  'keyboard cat',
  'keyboard mouse',
  'somesecret',
  'some secret',
  'tobiiscool',
  'luna',
  'catflap',
  // jsonwebtoken, jwt.io
  'shhhhh',
  'shhhhhared-secret',
  'your-256-bit-secret',
  'your-384-bit-secret',
  'your-512-bit-secret',
  'secret-key',
  'a-string-secret-at-least-256-bits-long',
  'a-string-secret-at-least-384-bits-long-because-it-must-be',
  'a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long',
  // what is typed first
  'secret',
  'mysecret',
  'my-secret',
  'my_secret_key',
  'supersecret',
  'super-secret-key',
  'topsecret',
  'changeme',
  'change-me',
  'change-me-in-production',
  'change_this_secret',
  'please-change-me',
  'replace-me',
  'replace_with_a_secure_random_string',
  'your-secret',
  'your_secret_key',
  'your-secret-key-here',
  'password',
  'passwd',
  'example',
  'default',
  'admin',
  'root',
  'redis',
  'postgres',
  'guest',
  'dev',
  'development',
  'development-secret',
  'test',
  'test-secret',
  'todo',
]

const SAMPLES: ReadonlySet<string> = new Set(PUBLISHED.map(bare))

/** Whether `text` is a published sample, whatever its case and punctuation. */
export function isSample(text: string): boolean {
  return SAMPLES.has(bare(text))
}

function bare(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]/g, '')
}
