/**
 * What middleware in front of the handler says about every answer: security policy, CORS (without which
 * a browser could not read the 503), the connection. Anything else described the answer that is not sent.
 */
const KEPT =
  /^(?:access-control-.*|cross-origin-.*|content-security-policy(?:-report-only)?|strict-transport-security|x-content-type-options|x-frame-options|referrer-policy|permissions-policy|reporting-endpoints|origin-agent-cluster|x-dns-prefetch-control|x-download-options|x-permitted-cross-domain-policies|x-xss-protection|x-powered-by|x-request-id|vary|date|connection|keep-alive)$/

/** Whether a header stays when another answer is given than the application's. */
export function isKept(name: string): boolean {
  return KEPT.test(name.toLowerCase())
}
