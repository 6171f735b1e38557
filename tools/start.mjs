#!/usr/bin/env node
/** `npm start`: from a fresh clone to a running service. Needs nothing but Node and npm. */
import { refuseOldNode } from './workspace/node-floor.mjs'
import { failPlainly } from './workspace/fail.mjs'

refuseOldNode()
import('./workspace/serve.mjs').then(({ serve }) => serve()).catch(failPlainly)
