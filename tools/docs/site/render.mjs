import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as typedoc from 'typedoc'
import { ROOT } from '../../workspace/places.mjs'
import { StepFailed } from '../../workspace/progress.mjs'
import { entryPoints } from '../reference/options.mjs'
import { nameModules, showInnerTypes, undocumented } from './modules.mjs'
import { OPTIONS } from './options.mjs'

/**
 * Renders the staged pages and the docstrings of every export into `site`.
 *
 * @param {import('./stage.mjs').Staged} staged
 * @param {string} site
 * @returns {Promise<string[]>} exports without a docstring
 */
export async function renderSite({ folder, pages }, site) {
  const application = await typedoc.Application.bootstrap({
    ...OPTIONS,
    entryPoints: entryPoints().map(({ file }) => join(ROOT, file)),
    tsconfig: fileURLToPath(new URL('tsconfig.json', import.meta.url)),
    projectDocuments: pages.map((page) => join(folder, page)),
    readme: join(folder, 'start.md'),
  })
  application.renderer.defineRouter('sojourn', Router)
  application.renderer.on(typedoc.PageEvent.END, keepIconsHere)
  nameModules(application)
  showInnerTypes(application)
  const project = await application.convert()
  if (project === undefined) throw new StepFailed('typedoc could not read the sources')
  application.validate(project)
  await application.generateDocs(project, site)
  const { warningCount, errorCount } = application.logger
  if (warningCount + errorCount > 0) {
    throw new StepFailed(`typedoc has ${String(warningCount + errorCount)} warnings`)
  }
  return undocumented(project)
}

/**
 * Each page carries its icons (assets/icons.js); asked for as a file beside it, a browser that reads from the disk refuses
 * them first, and says so on its console.
 *
 * @param {import('typedoc').PageEvent} page
 */
function keepIconsHere(page) {
  if (page.contents === undefined) return
  page.contents = page.contents.replaceAll(/(<use href=")[^"#]*assets\/icons\.svg#/g, '$1#')
}

/** Pages lie in the site as they do in the repository, and the rest under `api/`. */
class Router extends typedoc.KindRouter {
  /** @override @param {import('typedoc').Reflection} reflection */
  getIdealBaseName(reflection) {
    const own = reflection.isDocument() ? reflection.frontmatter['path'] : undefined
    return typeof own === 'string' ? own : posix.join('api', super.getIdealBaseName(reflection))
  }
}
