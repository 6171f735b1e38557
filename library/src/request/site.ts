/**
 * Suffixes under which anybody can have a name: browsers drop a cookie with such a Domain. The whole list
 * (publicsuffix.org) has 10,000 lines; these are the ones that applications are deployed under.
 */
const SHARED = new Set(
  (
    'co.uk org.uk com.au co.jp co.nz com.br co.in co.za com.cn com.mx github.io gitlab.io herokuapp.com vercel.app ' +
    'netlify.app pages.dev workers.dev onrender.com railway.app up.railway.app fly.dev azurewebsites.net web.app ' +
    'firebaseapp.com run.app appspot.com cloudfront.net elasticbeanstalk.com amplifyapp.com ngrok.io ngrok-free.app ' +
    'deno.dev surge.sh repl.co glitch.me vercel-dns.com azurestaticapps.net'
  ).split(' '),
)

/** Whether a domain belongs to nobody alone. `localhost` and other single names count, too. */
export function isPublicSuffix(domain: string): boolean {
  return !domain.includes('.') || SHARED.has(domain)
}

/** What browsers call the site of a host: its public suffix and one label more. */
export function siteOf(host: string): string {
  const labels = host.toLowerCase().split('.')
  for (let from = 0; from < labels.length - 1; from += 1) {
    if (isPublicSuffix(labels.slice(from + 1).join('.'))) return labels.slice(from).join('.')
  }
  return host.toLowerCase()
}
