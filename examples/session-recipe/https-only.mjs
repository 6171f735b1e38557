/** In production, nothing but https. */
const ONE_YEAR = 31_536_000

/**
 * A page that was asked for over http is sent on to `origin` (never to what the Host header says). Everything else is
 * refused: what it carried has already travelled in the open.
 */
export function httpsOnly({ isProduction, origin }) {
  return (req, res, next) => {
    if (!isProduction) return next()
    if (cameByHttps(req)) {
      res.set('Strict-Transport-Security', `max-age=${ONE_YEAR}; includeSubDomains`)
      return next()
    }
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      return res.status(403).json({ error: 'Use https' })
    }
    res.redirect(308, origin + req.originalUrl.replace(/^\/*/, '/'))
  }
}

/**
 * Express believes X-Forwarded-Proto from as many proxies as `trust proxy` says, and from nobody else; but of several words it
 * takes the first, which a client may have written before the proxy added its own. So all of them have to agree.
 */
function cameByHttps(req) {
  const words = (req.get('X-Forwarded-Proto') ?? 'https').split(',')
  return req.socket.encrypted || (req.secure && words.every((word) => word.trim() === 'https'))
}
