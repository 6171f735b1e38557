import { it } from 'vitest'
import { MemoryStore } from '../../src/store/memory.js'
import { Tables } from '../../src/store/memory/tables.js'
import { STORE_DEFAULTS, type Store } from '../../src/store/store.js'
import { createManualClock, describeStoreConformance } from '../../src/testing/index.js'
import { createCollectingRunner } from './collecting-runner.js'
it('stat', async () => {
  const tally = new Map<string, number>()
  const harness = { open: async () => {
    const clock = createManualClock()
    const s = new MemoryStore({ clock, routingKey: 'x' }, new Tables(STORE_DEFAULTS))
    const store = new Proxy(s, { get: (t, k) => { const v = (t as never)[k] as unknown; return typeof v !== 'function' ? v : (...a: unknown[]) => { const r = v.apply(t, a); if (r?.then) r.then((x: any) => { const key = `${String(k)} ${x?.status ?? ''} ${x?.reason ?? x?.ending?.reason ?? ''} ${x?.evicted?.length ?? ''} ${x?.reaped?.map((y:any)=>y.reason).join() ?? ''} c${x?.conflicts??''} n${x?.records?.length ?? ''}`; tally.set(key, (tally.get(key) ?? 0) + 1) }); return r } } }) as Store
    return { store, advance: (m: number) => clock.advance(m), close() {} } } }
  const r = createCollectingRunner()
  let take = false
  describeStoreConformance('x', harness, { describe: (n, b) => { take = n === 'random operations'; b() }, it: (n, f) => { if (take) r.it(n, f) } }, { operations: 10000, seed: 3 })
  const o = await r.run()
  console.log(o, [...tally].sort((a, b) => b[1] - a[1]).filter(([k])=>!/reap|list|Subject/.test(k)).slice(0, 60).map((x) => x.join(' => ')).join('\n'))
})
