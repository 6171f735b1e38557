/** What a store that keeps sessions has met since it was made, for metrics. */
export interface KeptStats {
  /** Sessions taken over from legacy records: how far a migration has come. */
  readonly adopted: number
  /** Legacy records written. */
  readonly mirrored: number
  /** Changes of old nodes that were taken over. */
  readonly merged: number
  /** Sessions that an old node had ended. */
  readonly endedByOldNode: number
  /** Legacy records that are no sessions. */
  readonly undecodable: number
  /** Records of ours that this version cannot read. */
  readonly corrupt: number
  /** Writes to sessions that had ended: nothing was written. */
  readonly refused: number
  /** Keys that two requests wrote at one time; the later one won. */
  readonly conflicts: number
  /** How often a session was only marked as seen. */
  readonly touches: number
}

/** {@link KeptStats}, while they grow. */
export type Counts = { -readonly [Name in keyof KeptStats]: number }

export function noCounts(): Counts {
  return {
    adopted: 0,
    mirrored: 0,
    merged: 0,
    endedByOldNode: 0,
    undecodable: 0,
    corrupt: 0,
    refused: 0,
    conflicts: 0,
    touches: 0,
  }
}
