import { ADOPTION_SERIES } from './catalogue/index.js'
import { declareCounter, showFrom } from './declare.js'
import type { Metrics } from './metrics.js'

/** What a store with legacy records beside its own has met; `stats()` of `keepSessions` answers it. */
export interface AdoptionStats {
  readonly adopted: number
  readonly mirrored: number
  readonly merged: number
  readonly endedByOldNode: number
  readonly undecodable: number
}

/**
 * Shows how a migration goes: `observeAdoption(metrics, () => store.kept.stats())`. When no legacy record is taken
 * over or merged any more, the last old node is gone. Read when the text is made.
 */
export function observeAdoption(metrics: Metrics, stats: () => AdoptionStats): void {
  showFrom(metrics, ADOPTION_SERIES.adopted, () => stats().adopted)
  const records = declareCounter(metrics, ADOPTION_SERIES.records)
  const show = (outcome: string, read: (now: AdoptionStats) => number): void => {
    records.series({ outcome }).readFrom(() => read(stats()))
  }
  show('mirrored', ({ mirrored }) => mirrored)
  show('merged', ({ merged }) => merged)
  show('ended', ({ endedByOldNode }) => endedByOldNode)
  show('undecodable', ({ undecodable }) => undecodable)
}
