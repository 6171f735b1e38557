/**
 * The types of the drop-in, as an application meets them: the built package, in a folder of its own, compiled by the
 * compilers people have. What must not compile carries @ts-expect-error in the files; where it does compile, that is
 * an error of its own.
 */
import { afterAll, describe, expect, it } from 'vitest'
import { writeSources } from '../../package/typescript.js'
import { layOut } from './application.js'

const ESM = 'express-session.esm.txt'
const CJS = 'express-session.cjs.txt'
const SETTINGS = [
  {
    compiler: 'typescript',
    title: 'a package of ES modules, one file of it CommonJS by import = require, TypeScript 6.0',
    application: layOut({ 'app.ts': ESM, 'other.cts': CJS }, 'module'),
    settings: { module: 'nodenext', verbatimModuleSyntax: true },
    more: ['most.mts', 'most.cts'],
  },
  {
    compiler: 'typescript-5',
    title:
      'a CommonJS package, written as ES modules, with one real one and one by import = require, TypeScript 5.9',
    application: layOut({ 'app.ts': ESM, 'other.mts': ESM, 'third.cts': CJS }),
    settings: { module: 'nodenext', esModuleInterop: true },
    more: ['most.mts', 'most.cts'],
  },
  {
    compiler: 'typescript-7',
    title: 'what a bundler takes, TypeScript 7.0',
    application: layOut({ 'app.ts': ESM }, 'module'),
    settings: { module: 'esnext', moduleResolution: 'bundler' },
  },
]
afterAll(() => {
  for (const { application } of SETTINGS) application.remove()
})

// Each takes seconds: what a compiler and a layout can do wrong is met once, and the other subpaths are met with it (the large
// declarations of other frameworks by the compiler that is quick, see ../../package).
describe('the types of the drop-in', () => {
  it.each(SETTINGS)(
    'behaviour 31b: declare module "express-session" types req.session in $title',
    async ({ application, compiler, settings, more }) => {
      if (more !== undefined) writeSources(application.folder)
      expect(await application.compile(compiler, settings, more)).toBe('')
    },
    180_000,
  )
})
