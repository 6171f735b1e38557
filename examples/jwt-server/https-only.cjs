const helmet = require('helmet')

const ONE_YEAR = 31_536_000

/**
 * Goes in front of everything. With `publicUrl` (the address people know, such as https://app.example) nothing but https is
 * served: pages are sent on to that very address, never to what Host says, and everything else is refused, for what it
 * carried has already travelled in the open.
 */
function httpsOnly(publicUrl) {
  if (!publicUrl) return (req, res, next) => next()
  const { origin, protocol } = new URL(publicUrl)
  if (protocol !== 'https:') throw new Error('PUBLIC_URL must begin with https://')
  return (req, res, next) => {
    if (cameByHttps(req)) return next()
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

/** What browsers may load in our pages, and that they come by https for a year. */
function securityHeaders(publicUrl) {
  return helmet({
    contentSecurityPolicy: {
      directives: {
        defaultSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        scriptSrc: ["'self'"],
        imgSrc: ["'self'", 'data:', 'https:'],
      },
    },
    // `preload` is a promise for all hosts of the domain that cannot be taken back for months: leave it out where in doubt.
    strictTransportSecurity: publicUrl
      ? { maxAge: ONE_YEAR, includeSubDomains: true, preload: true }
      : false,
  })
}

module.exports = { httpsOnly, securityHeaders }
