/**
 * Does `work` on the first call of a turn of the event loop, and nothing on the others: one reading asks for every family
 * in one turn, and what several of them are made of is looked at once.
 */
export function onceATurn(work: () => void): () => void {
  let isDone = false
  return () => {
    if (isDone) return
    isDone = true
    setImmediate(() => {
      isDone = false
    })
    work()
  }
}
