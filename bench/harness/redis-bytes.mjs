/** How much memory all keys take, as Redis itself says (MEMORY USAGE with all samples), and how many there are. */
export async function bytesOfKeys(client) {
  let cursor = '0'
  const total = { keys: 0, bytes: 0 }
  do {
    const answer = await client.sendCommand(['SCAN', cursor, 'COUNT', '1000'])
    cursor = String(answer[0])
    const sizes = await Promise.all(
      answer[1].map((key) => client.sendCommand(['MEMORY', 'USAGE', key, 'SAMPLES', '0'])),
    )
    total.keys += sizes.length
    total.bytes += sizes.reduce((sum, size) => sum + Number(size ?? 0), 0)
  } while (cursor !== '0')
  return total
}
