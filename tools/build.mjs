#!/usr/bin/env node
/** `npm run build`: compiles the library and the service, and joins what is run into a few files. */
import { build } from './workspace/build.mjs'
import { failPlainly } from './workspace/fail.mjs'

build().catch(failPlainly)
