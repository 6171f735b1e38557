import 'reflect-metadata'
import {
  Body,
  Controller,
  createParamDecorator,
  Get,
  HttpCode,
  Post,
  UseGuards,
} from '@nestjs/common'
import { guardedBy } from './guarded-by.mjs'
import { web } from './sessions.mjs'

/** `@CurrentSession() session: Session<Data>` */
export const CurrentSession = createParamDecorator(
  (_data, context) => context.switchToHttp().getRequest().session,
)

const signedIn = UseGuards(guardedBy(web.requireSession()))

export class AccountController {
  async login(session, { name }) {
    // Check the password here.
    await session.signIn(name)
    return { name }
  }

  async me(session) {
    return { name: session.subject, visits: await session.incr('visits') }
  }

  async logout(session) {
    await session.signOut()
    return { ended: true }
  }
}

// In TypeScript these are written as decorators, at the class and its methods: @Post('login') @HttpCode(200) login(...).
function decorate(method, decorators, parameters) {
  const { prototype } = AccountController
  const property = Object.getOwnPropertyDescriptor(prototype, method)
  for (const decorator of decorators) decorator(prototype, method, property)
  for (const [at, parameter] of parameters.entries()) parameter(prototype, method, at)
}
decorate('login', [Post('login'), HttpCode(200)], [CurrentSession(), Body()])
decorate('me', [Get('me'), signedIn], [CurrentSession()])
decorate('logout', [Post('logout'), HttpCode(200), signedIn], [CurrentSession()])
Controller()(AccountController)
