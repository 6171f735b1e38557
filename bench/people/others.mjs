import { Worker } from 'node:worker_threads'

/**
 * How long others wait while something goes on: people of the same process, who ask for their sessions again and again,
 * and another process, which asks Redis for a key.
 *
 * @param {{ redisUrl: string, ask: () => Promise<unknown> }} how `ask` is one request of somebody else
 */
export async function watchOthers({ redisUrl, ask }) {
  const worker = new Worker(new URL('./bystander.mjs', import.meta.url), { workerData: redisUrl })
  await new Promise((resolve) => worker.once('message', resolve))
  const state = { isOn: false, worst: 0, isOver: false }
  const asking = (async () => {
    while (!state.isOver) {
      const start = performance.now()
      await ask()
      if (state.isOn) state.worst = Math.max(state.worst, performance.now() - start)
      await new Promise((resolve) => setImmediate(resolve))
    }
  })()
  const tell = (word) =>
    new Promise((resolve) => {
      worker.once('message', resolve)
      worker.postMessage(word)
    })
  return {
    /** Milliseconds of the longest wait while `run` ran. */
    async during(run) {
      await tell('start')
      Object.assign(state, { isOn: true, worst: 0 })
      const result = await run()
      // The one that is waiting now belongs to it, too.
      await new Promise((resolve) => setTimeout(resolve, 5))
      state.isOn = false
      return { result, sameProcess: state.worst, otherProcess: await tell('stop') }
    },
    async stop() {
      state.isOver = true
      await asking
      await worker.terminate()
    },
  }
}
