import { fileURLToPath } from 'node:url'

const here = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url))

/**
 * The options of typedoc. What is read and where it goes, render.mjs adds.
 *
 * @type {Partial<import('typedoc').TypeDocOptions>}
 */
export const OPTIONS = {
  name: 'sojourn',
  // Nothing is asked of a server, nor told to one: no links to sources that are elsewhere, no fonts, no badges.
  disableSources: true,
  disableGit: true,
  hideGenerator: true,
  githubPages: false,
  includeVersion: false,
  customCss: here('style.css'),
  favicon: here('favicon.svg'),
  router: 'sojourn',
  lightHighlightTheme: 'github-light-high-contrast',
  darkHighlightTheme: 'github-dark',
  highlightLanguages: [
    'bash',
    'sh',
    'diff',
    'html',
    'ini',
    'js',
    'json',
    'nginx',
    'sql',
    'ts',
    'tsx',
    'yaml',
    'text',
  ],
  ignoredHighlightLanguages: ['caddy', 'haproxy', 'promql'],
  // `socket.io` is a name, no address.
  markdownItLoader: (parser) => parser.linkify.set({ fuzzyLink: false, fuzzyEmail: false }),
  excludePrivate: true,
  excludePrivateClassFields: true,
  excludeInternal: true,
  // What the classes of Node have, Node documents.
  excludeExternals: true,
  // `npm run build` has checked them.
  skipErrorChecking: true,
  searchInDocuments: true,
  searchInComments: true,
  navigation: {
    includeCategories: false,
    includeGroups: true,
    includeFolders: false,
    compactFolders: true,
  },
  categorizeByGroup: false,
  groupOrder: [
    'Guides',
    'Reference',
    'API',
    'Runbooks',
    'Decisions',
    'Examples and deployment',
    'Project',
    'Files',
    '*',
  ],
  sort: ['documents-first', 'alphabetical'],
  visibilityFilters: {},
  includeHierarchySummary: false,
  validation: {
    notExported: true,
    invalidLink: true,
    invalidPath: true,
    rewrittenLink: true,
    notDocumented: false,
  },
}
