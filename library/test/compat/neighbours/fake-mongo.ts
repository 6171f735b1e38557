/** Stands for a MongoDB client as far as connect-mongo calls one: a map of documents by `_id`. */
export function fakeMongo() {
  const rows = new Map<string, Record<string, unknown>>()
  const calls: string[] = []
  const collection = {
    async createIndex() {
      calls.push('createIndex')
    },
    async findOne({ _id }: { _id: string }) {
      calls.push('findOne')
      const row = rows.get(_id)
      const isLive = row !== undefined && (row['expires'] as Date) > new Date()
      return isLive ? structuredClone(row) : null
    },
    async updateOne(
      { _id }: { _id: string },
      { $set }: { $set: Record<string, unknown> },
      { upsert = false }: { upsert?: boolean },
    ) {
      calls.push('updateOne')
      const row = rows.get(_id)
      if (row === undefined && !upsert) return { matchedCount: 0, upsertedCount: 0 }
      rows.set(_id, { ...row, ...structuredClone($set) })
      return row === undefined
        ? { matchedCount: 0, upsertedCount: 1 }
        : { matchedCount: 1, upsertedCount: 0 }
    },
    async deleteOne({ _id }: { _id: string }) {
      calls.push('deleteOne')
      return { deletedCount: rows.delete(_id) ? 1 : 0 }
    },
  }
  const client = { db: () => ({ collection: () => collection }), close: async () => undefined }
  return { client, rows, calls }
}
