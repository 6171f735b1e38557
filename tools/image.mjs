#!/usr/bin/env node
/** `node tools/image.mjs FOLDER`: builds, and writes all that the container image runs into a new folder. */
import { failPlainly } from './workspace/fail.mjs'
import { refuseOldNode } from './workspace/node-floor.mjs'

refuseOldNode()
import('./workspace/image.mjs').then(({ image }) => image(process.argv[2])).catch(failPlainly)
