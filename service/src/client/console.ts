/** The script of the administrators' console: charts that move, and lists that follow what happens. */
import './member.js'
import { followEvents } from './console/events.js'
import { followOverview } from './console/overview.js'

followOverview()
followEvents()
