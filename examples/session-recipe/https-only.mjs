/** In production, nothing but https. */
const ONE_YEAR = 31_536_000

/**
 * A page that was asked for over http is sent on to `origin` (never to what the Host header says). Everything else is
 * refused: what it carried has already travelled in the open.
 */
export function httpsOnly({ isProduction, origin }) {
  return (req, res, next) => {
    if (!isProduction) return next()
    // Express believes X-Forwarded-Proto from as many proxies as `trust proxy` says, and from nobody else.
    if (req.secure) {
      res.set('Strict-Transport-Security', `max-age=${ONE_YEAR}; includeSubDomains`)
      return next()
    }
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      return res.status(403).json({ error: 'Use https' })
    }
    res.redirect(308, origin + req.originalUrl.replace(/^\/*/, '/'))
  }
}
