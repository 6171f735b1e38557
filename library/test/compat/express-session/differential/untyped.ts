import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** Middlewares of others that come without types. */
export const compression: any = require('compression')
export const cookieParser: any = require('cookie-parser')
export const onFinished: any = require('on-finished')
export const onHeaders: any = require('on-headers')
