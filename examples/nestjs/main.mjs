// Sessions in NestJS 11, on its Express platform. Run it: SESSION_SECRET=$(openssl rand -base64 32) node examples/nestjs/main.mjs
import 'reflect-metadata'
import { fileURLToPath } from 'node:url'
import { Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { AccountController } from './account.controller.mjs'
import { web } from './sessions.mjs'

class AppModule {}
Module({ controllers: [AccountController] })(AppModule)

export async function createApp() {
  const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] })
  app.use(web.headers(), web.sessions, web.sameOrigin())
  return app
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const app = await createApp()
  await app.listen(Number(process.env.PORT ?? 3000))
  console.log(`Server running on ${await app.getUrl()}`)
}
