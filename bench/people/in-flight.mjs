/** Does something `count` times, so many of them at once. */
export async function inFlight(count, atOnce, run) {
  let next = 0
  const worker = async () => {
    while (next < count) {
      const at = next
      next += 1
      await run(at)
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, worker))
}
