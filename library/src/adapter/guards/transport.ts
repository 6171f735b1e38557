import type { CorsOptions } from '../../guard/cors.js'
import type { HttpsOptions } from '../../guard/https.js'
import type { ProxyTrust } from '../../request/client-address.js'
import type { SecurityHeadersOptions } from '../../response/security-headers.js'
import type { Middleware, Refuse } from '../express.js'
import { createCorsMiddleware } from './cors.js'
import { createEmbeddingMiddleware } from './embedding.js'
import { createHeadersMiddleware } from './headers.js'
import { createHttpsMiddleware } from './https.js'

/** How requests may come, and what every answer says to browsers. */
export interface TransportGuards {
  /** Sends pages that are asked for by plain http on to https, and refuses everything else. Mount it first. */
  https(options: HttpsOptions): Middleware
  /** Sets the security headers of every answer. Mount it first; works beside helmet, whose headers count where it comes later. */
  headers(options?: SecurityHeadersOptions): Middleware
  /** Lets pages of named origins call, and answers their preflights. Mount it before what refuses requests. */
  cors(options: CorsOptions): Middleware
  /** Refuses images, scripts and frames in pages of other sites (ASVS 3.5.8). */
  notEmbedded(): Middleware
}

export function createTransportGuards(trust: ProxyTrust, refuse: Refuse): TransportGuards {
  return {
    https: (rules) => createHttpsMiddleware(trust, refuse, rules),
    headers: (rules = {}) => createHeadersMiddleware(trust, rules),
    cors: (rules) => createCorsMiddleware(trust, refuse, rules),
    notEmbedded: () => createEmbeddingMiddleware(trust, refuse),
  }
}
