import { compactVerify, type CryptoKey } from 'jose'

/**
 * The payload of a compact JWS whose signature is good, or `undefined`. The key decides the algorithm, never the header. Every
 * fault of the verification counts as a bad signature, and looks like one (ASVS 11.2.5).
 */
export async function verifySignature(
  token: string,
  key: CryptoKey,
  algorithm: string,
): Promise<Uint8Array | undefined> {
  try {
    const { payload } = await compactVerify(token, key, { algorithms: [algorithm] })
    return payload
  } catch {
    return undefined
  }
}
