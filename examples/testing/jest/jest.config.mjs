// The library is made of ES modules, which Jest runs as they are where nothing transforms them, and
// Node is started with --experimental-vm-modules.
export default {
  testEnvironment: 'node',
  testMatch: ['**/*.test.mjs'],
  transform: {},
}
