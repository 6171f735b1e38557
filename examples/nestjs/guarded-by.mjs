/**
 * Makes a Nest guard of any middleware of the Express adapter: `@UseGuards(guardedBy(web.requireSession()))`. What it refuses
 * it has answered itself, with its problem and its challenge; Nest finds the answer sent and leaves it alone.
 */
export function guardedBy(middleware) {
  return {
    canActivate(context) {
      const http = context.switchToHttp()
      const response = http.getResponse()
      return new Promise((resolve, reject) => {
        response.once('close', () => resolve(false))
        middleware(http.getRequest(), response, (error) => {
          if (error === undefined) resolve(true)
          else reject(error)
        })
      })
    },
  }
}
