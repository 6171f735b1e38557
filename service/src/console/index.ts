export {
  COLUMNS,
  toColumns,
  type Column,
  type Columns,
  type Counted,
  type Sample,
} from './sample.js'
export { createSampler, EVERY, KEPT, type Sampler } from './sampler.js'
export { createStoreView, type StoreServer, type StoreView } from './store-view.js'
