#!/usr/bin/env node
/** `npm run dev`: like `npm start`, but compiles on every change and starts the service again. */
import { failPlainly } from './workspace/fail.mjs'
import { refuseOldNode } from './workspace/node-floor.mjs'

refuseOldNode()
import('./workspace/watch.mjs').then(({ watch }) => watch()).catch(failPlainly)
