import js from '@eslint/js'
import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'

/** Code that is shipped: the strictest rules, and the walls of the house style. */
const SOURCES = ['library/src/**/*.{ts,tsx}', 'service/src/**/*.{ts,tsx}']
/** Tests and their set-up: types are checked, the walls are not. */
const TESTS = ['library/test/**/*.{ts,tsx}', 'service/test/**/*.{ts,tsx}', 'vitest.config.ts']
/** Scripts that run as they are. */
const SCRIPTS = ['**/*.{js,mjs,cjs}']

const TIME = 'Time comes from the clock in library/src/system, so that tests can move it.'
const CHANCE = 'Chance comes from library/src/system/random: an operating system CSPRNG, always.'

/** Time and chance have one door each (STYLE.md, principle 9). */
const ONE_DOOR = [
  { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: TIME },
  { selector: 'CallExpression[callee.name="Date"]', message: TIME },
  { selector: 'MemberExpression[object.name="Date"][property.name="now"]', message: TIME },
  { selector: 'MemberExpression[object.name="Math"][property.name="random"]', message: CHANCE },
  { selector: 'MemberExpression[property.name="randomUUID"]', message: CHANCE },
  { selector: 'ImportSpecifier[imported.name="randomUUID"]', message: CHANCE },
]

/** A name that begins with an underscore says: it has to stand here, and nobody reads it. */
const UNUSED = [
  'error',
  {
    argsIgnorePattern: '^_',
    varsIgnorePattern: '^_',
    caughtErrorsIgnorePattern: '^_',
    destructuredArrayIgnorePattern: '^_',
  },
]

export default defineConfig(
  globalIgnores([
    '**/dist/',
    '**/data/',
    'coverage/',
    'test-results/',
    '**/playwright-report/',
    '**/vectors/',
    // Their dependencies are not installed here.
    'deploy/',
    // Made by `npm run docs`.
    'docs/site/',
  ]),
  js.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: ['error', 'always'],
      'no-console': 'off',
      'object-shorthand': ['error', 'always'],
      'prefer-const': 'error',
    },
  },

  // --- shipped code ---
  {
    files: SOURCES,
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      // By name: each program is made once, and the service sees the library as it was built, not all its sources once more.
      parserOptions: {
        project: ['{library,service}/tsconfig.json', '{library,service}/src/*/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      // A switch over a union is a table, and must be exhaustive (below): it counts as one branch.
      complexity: ['error', { max: 10, variant: 'modified' }],
      'max-lines': ['error', { max: 300, skipBlankLines: false, skipComments: false }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: false, skipComments: false }],
      'no-console': 'error',
      'no-restricted-syntax': ['error', ...ONE_DOOR],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/strict-boolean-expressions': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // Numbers and booleans print the same in every template; the rule's danger is objects.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // `() => emitter.emit(…)` and `return next()` in what returns void: no value is used by mistake.
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      // `[...text]` is how code points are counted, and we count code points.
      '@typescript-eslint/no-misused-spread': ['error', { allow: ['string'] }],
      // We have no enums, and what is no instance of a class does not compile where its members are private. Between them, these
      // two took a fifth of the time of all rules.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      '@typescript-eslint/no-unused-vars': UNUSED,
      // A port is async for all its stores; in the one that has nothing to wait for, `async` still
      // turns a throw into a rejection, which is what callers rely on.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['library/src/**/*.ts'],
    ignores: ['library/src/compat/**'],
    rules: {
      'no-restricted-exports': [
        'error',
        {
          restrictDefaultExports: { direct: true, named: true, defaultFrom: true, namedFrom: true },
        },
      ],
    },
  },
  {
    // What the drop-ins take comes from JavaScript written for others: there, truthiness is the documented rule.
    files: ['library/src/compat/**/*.ts'],
    rules: {
      '@typescript-eslint/strict-boolean-expressions': 'off',
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/prefer-nullish-coalescing': 'off',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  {
    files: ['library/src/**/*.ts'],
    ignores: ['library/src/{system,credential,keys}/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [
            {
              name: 'node:crypto',
              message:
                'Hashing and chance come from library/src/system; keys belong to credential/.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['library/src/**/*.ts'],
    ignores: ['library/src/system/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...ONE_DOOR,
        {
          selector: 'MemberExpression[object.name="performance"][property.name="now"]',
          message: TIME,
        },
      ],
    },
  },
  {
    files: ['library/src/system/**/*.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    // Harnesses are objects of closures, taken apart in the test's first line; they have no `this`.
    files: ['library/src/testing/**/*.ts'],
    rules: { '@typescript-eslint/unbound-method': 'off' },
  },

  // --- tests ---
  {
    files: TESTS,
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: { project: ['tsconfig.test.json'], tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // Answers of servers and broken inputs are `any` for a reason; what tests must not lose is an await.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-explicit-any': 'off',
      // A stand-in for something asynchronous is async, even where it has nothing to wait for.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': 'off',
      '@typescript-eslint/unbound-method': 'off',
      // Matters of taste in a test, at the price of the type of every expression.
      '@typescript-eslint/no-base-to-string': 'off',
      '@typescript-eslint/no-unnecessary-type-assertion': 'off',
      // Request handlers are async here; a rejection fails the test as an unhandled one.
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      // The compiler finds them where it looks at the types of tests.
      '@typescript-eslint/no-unused-vars': 'off',
    },
  },

  // --- scripts ---
  {
    files: SCRIPTS,
    languageOptions: {
      globals: Object.fromEntries(
        Object.getOwnPropertyNames(globalThis).map((name) => [name, 'readonly']),
      ),
    },
  },
)
