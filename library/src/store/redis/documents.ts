import { assertDocument } from '../memory/documents.js'
import type { Store } from '../store.js'
import { READ_DOCUMENT, WRITE_DOCUMENT } from './scripts/document.js'
import type { Context } from './sessions.js'

/** The verbs that are given a document. A name has a bucket like a subject's. */
export function createDocumentVerbs(
  context: Context,
): Pick<Store, 'readDocument' | 'writeDocument'> {
  const { run, keys, bucketOf } = context
  const keyOf = (name: string): string => keys.document(bucketOf(name), name)
  return {
    async readDocument(name) {
      const { words } = await run(READ_DOCUMENT, keyOf(name))
      const [revision, text] = words
      return text === undefined ? undefined : { text, revision: Number(revision) }
    },
    async writeDocument(name, text, expect) {
      assertDocument(text)
      const { status, words } = await run(WRITE_DOCUMENT, keyOf(name), String(expect), text)
      return status === 'written' ? { text, revision: Number(words[0]) } : undefined
    },
  }
}
