/** A SHA-256 as canonical base64url. */
const THUMBPRINT = /^[\w-]{42}[AEIMQUYcgkosw048]$/

/** Whether a text can be the thumbprint of a key (RFC 7638, RFC 9449 section 6.1). */
export function isThumbprint(text: string): boolean {
  return THUMBPRINT.test(text)
}
