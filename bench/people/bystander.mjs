/** A thread with an event loop and a connection of its own: what it waits for is Redis, not somebody else's JavaScript. */
import { parentPort, workerData } from 'node:worker_threads'
import { connect } from '../harness/redis.mjs'

const client = await connect(workerData)
let isOn = false
let worst = 0
parentPort.on('message', (word) => {
  isOn = word === 'start'
  parentPort.postMessage(worst)
  if (isOn) worst = 0
})
parentPort.postMessage('ready')
for (;;) {
  const start = performance.now()
  await client.get('bystander')
  if (isOn) worst = Math.max(worst, performance.now() - start)
  await new Promise((resolve) => setTimeout(resolve, isOn ? 0.2 : 5))
}
