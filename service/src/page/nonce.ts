import { randomBytes } from 'node:crypto'

/**
 * Stands in a rendered page where the nonce of its answer belongs: pages are made before anybody knows which
 * answer they go out with. Made anew by each process, so nothing that somebody typed can be it.
 */
export const NONCE_MARK: string = randomBytes(16).toString('base64url')

/** The page with the nonce of its answer (CSP level 3). Without one its style sheet is not loaded. */
export function withNonce(html: string, nonce = ''): string {
  return html.replaceAll(NONCE_MARK, nonce)
}
