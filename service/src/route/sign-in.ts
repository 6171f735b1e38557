import type { RequestHandler, Response, Router } from 'express'
import { SessionRefused, SojournError, type Refusal } from 'sojourn'
import type { Account } from '../account/account.js'
import { InvalidField } from '../account/errors.js'
import {
  bodyOf,
  jsonOrForm,
  sendProblem,
  SESSION_CHALLENGE,
  signInBody,
  type SignInBody,
  wantsHtml,
} from '../http/index.js'
import {
  paths,
  renderLookAgain,
  renderRegister,
  renderSignIn,
  texts,
  type Problems,
} from '../page/index.js'
import { toPublicUser, type Parts, type Visitor } from '../parts.js'
import {
  checkSignIn,
  rememberDevice,
  sendLocked,
  waitingWords,
  type Checked,
} from '../sign-in/index.js'
import { arrivalPath, wasNothingKept } from './arrival.js'
import { formToken } from './csrf.js'
import { noteNewSignIn } from './new-sign-ins.js'
import { takeNotice } from './person.js'
import { redirectOrJson, returnPath, sendPage, wantedPath } from './respond.js'
import { createRouter } from './router.js'

/** How a person proved who they are (RFC 8176). */
const METHODS = ['pwd'] as const

type Credentials = SignInBody
type Trouble = Problems<'username' | 'password'>

export const credentialsBody: RequestHandler = jsonOrForm(signInBody)

/** `/register` and `/login`: how a person arrives. */
export function signInRoutes(parts: Parts): Router {
  const { web } = parts
  const router = createRouter()
  const entrance = web.optionalSession()

  router.get(
    paths.register,
    entrance,
    web.handler(async (request: Visitor, response: Response) => {
      if (request.session.isSignedIn) response.redirect(303, returnPath(request))
      else sendPage(response, await registerPage(parts, request))
    }),
  )
  router.post(
    paths.register,
    credentialsBody,
    web.handler((request: Visitor, response: Response) => register(parts, request, response)),
  )
  router.get(
    paths.signIn,
    entrance,
    web.handler(async (request: Visitor, response: Response) => {
      if (request.session.isSignedIn) response.redirect(303, returnPath(request))
      else if (mayHideCookie(parts, request))
        sendPage(response, renderLookAgain(request.originalUrl))
      else sendPage(response, await signInPage(parts, request))
    }),
  )
  router.post(
    paths.signIn,
    credentialsBody,
    web.handler((request: Visitor, response: Response) => signIn(parts, request, response)),
  )
  return router
}

/**
 * Where another site led here, browsers leave out a cookie with SameSite=Strict: a signed-in person looks like a
 * guest. The page that is sent instead asks once more by itself, and then the cookie comes along.
 */
function mayHideCookie({ config }: Parts, request: Visitor): boolean {
  return config.cookie.sameSite === 'strict' && request.get('sec-fetch-site') === 'cross-site'
}

async function register(parts: Parts, request: Visitor, response: Response): Promise<void> {
  const form = bodyOf<Credentials>(request)
  const result = await registerAccount(parts, request, response, form)
  if (result === undefined) return
  await start(request, result, form)
  rememberDevice(parts, request, response, result)
  await request.session.flash('notice', texts.notices.welcome)
  const body = {
    message: 'User registered successfully',
    user: toPublicUser(result),
    ...(await tokensFor(request, form)),
  }
  redirectOrJson(request, response, arrivalPath(parts, request), body, 201)
}

/** The new account; `undefined` where the answer has been given already. */
async function registerAccount(
  parts: Parts,
  request: Visitor,
  response: Response,
  form: Credentials,
): Promise<Account | undefined> {
  try {
    const result = await parts.accounts.register(form)
    if (result.outcome === 'registered') return result.account
    if (wantsHtml(request)) {
      const problems = { username: texts.problems.usernameTaken }
      sendPage(response, await registerPage(parts, request, form, problems), 400)
    } else {
      sendProblem(response, { status: 400, code: 'user_exists', detail: 'User already exists' })
    }
  } catch (error) {
    if (!(error instanceof InvalidField) || !wantsHtml(request)) throw error
    const field = error.field === 'password' ? 'password' : 'username'
    sendPage(response, await registerPage(parts, request, form, { [field]: error.message }), 400)
  }
  return undefined
}

async function signIn(parts: Parts, request: Visitor, response: Response): Promise<void> {
  const form = bodyOf<Credentials>(request)
  const login = form.username ?? form.email ?? ''
  const result = await checkSignIn(parts, request, { login, password: form.password })
  if (result.outcome !== 'verified') {
    if (result.outcome === 'wrong') await refuse(parts, request, response, form)
    else await letWait(parts, request, response, form, result.refusal)
    return
  }
  try {
    await start(request, result.account, form)
  } catch (error) {
    if (error instanceof SessionRefused) parts.countSignIn('limited')
    throw error
  }
  parts.countSignIn('ok')
  response.append('Set-Cookie', result.deviceCookie)
  await tellOfFailures(request, result)
  await noteNewSignIn(parts, request, result)
  const body = {
    message: 'Login successful',
    user: toPublicUser(result.account),
    ...(await tokensFor(request, form)),
  }
  redirectOrJson(request, response, arrivalPath(parts, request), body)
}

/** One answer for a wrong password, an unknown person and a disabled account: it must not tell which. */
async function refuse(
  parts: Parts,
  request: Visitor,
  response: Response,
  form: Credentials,
): Promise<void> {
  if (wantsHtml(request)) {
    response.set('WWW-Authenticate', SESSION_CHALLENGE)
    sendPage(
      response,
      await signInPage(parts, request, form, { form: texts.problems.credentials }),
      401,
    )
    return
  }
  sendProblem(response, {
    status: 401,
    code: 'credentials_invalid',
    detail: 'Wrong user name or password.',
    error: 'Invalid credentials',
  })
}

/** Too many attempts have failed: one answer for people who exist and people who do not. */
async function letWait(
  parts: Parts,
  request: Visitor,
  response: Response,
  form: Credentials,
  refusal: Refusal,
): Promise<void> {
  if (!wantsHtml(request)) {
    sendLocked(response, refusal)
    return
  }
  const problems = { form: waitingWords(response, refusal) }
  sendPage(response, await signInPage(parts, request, form, problems), refusal.status)
}

/** The first page a person sees tells them that somebody has tried before (ASVS 6.3.5). */
async function tellOfFailures(
  request: Visitor,
  { suspicious }: Extract<Checked, { outcome: 'verified' }>,
): Promise<void> {
  const failures = suspicious.find((one) => one.kind === 'after_failures')
  if (failures === undefined || !wantsHtml(request)) return
  await request.session.flash('notice', texts.notices.failedBefore(failures.count))
}

async function start(request: Visitor, account: Account, form: Credentials): Promise<void> {
  const remember = form.remember === true
  await request.session.signIn(account.id, { methods: METHODS, remember })
}

/**
 * A browser gets cookies only, unless it asks for tokens: what a page's scripts can read, a script of somebody else
 * may read too. Any other client (curl, a phone) gets both, unless it asks for the cookie.
 */
async function tokensFor(
  request: Visitor,
  { deliver }: Credentials,
): Promise<{ readonly tokens?: object }> {
  const isBrowser = request.get('sec-fetch-site') !== undefined
  const wantsTokens = deliver === undefined ? !isBrowser : deliver === 'token'
  if (!wantsTokens || wantsHtml(request)) return {}
  try {
    const { accessToken, refreshToken, expiresIn, tokenType } = await request.session.issueTokens()
    return { tokens: { accessToken, refreshToken, expiresIn, tokenType } }
  } catch (error) {
    // Another sign-in has pushed this one out already; the next request is told so, by its cookie.
    if (error instanceof SojournError && error.code === 'session_ended') return {}
    throw error
  }
}

async function registerPage(
  parts: Parts,
  request: Visitor,
  form?: Credentials,
  problems?: Trouble,
): Promise<string> {
  return renderRegister({
    now: parts.now(),
    csrf: await formToken(parts, request),
    problems,
    typed: { username: form?.username },
    returnTo: wantedPath(request),
    passwordMinimum: parts.passwordMinimum,
  })
}

async function signInPage(
  parts: Parts,
  request: Visitor,
  form?: Credentials,
  problems?: Trouble,
): Promise<string> {
  const reason = request.query['reason']
  return renderSignIn({
    now: parts.now(),
    csrf: await formToken(parts, request),
    problems,
    typed: { username: form?.username, remember: form?.remember },
    returnTo: wantedPath(request),
    reason: typeof reason === 'string' ? reason : undefined,
    endedAt: request.session.endReason === reason ? request.session.endedAt : undefined,
    notice: form === undefined ? await takeNotice(request.session) : undefined,
    areCookiesBlocked: form === undefined && (await wasNothingKept(parts, request)),
  })
}
