import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { declareGauge, showFrom, type Metrics, type SeriesText } from 'sojourn/telemetry'
import { PROCESS_SERIES } from './catalogue/index.js'

/** How often the event loop is asked whether it is late. Fine enough to see a stall, too rare to cost anything. */
const RESOLUTION_MS = 20
const NANOSECONDS = 1e9

/**
 * Series of this process, under the names that prom-client made common. The event loop's lag is that of the
 * time since the text was last read: with two readers, each sees its own part. The answer stops it.
 */
export function observeProcess(metrics: Metrics): () => void {
  observeMemory(metrics)
  observeTime(metrics)
  return observeEventLoop(metrics)
}

function observeMemory(metrics: Metrics): void {
  const gauge = (text: SeriesText<never>) => declareGauge(metrics, text).series({})
  const resident = gauge(PROCESS_SERIES.resident)
  const heapUsed = gauge(PROCESS_SERIES.heapUsed)
  const heapTotal = gauge(PROCESS_SERIES.heapTotal)
  const external = gauge(PROCESS_SERIES.external)
  metrics.beforeText(() => {
    const usage = process.memoryUsage()
    resident.set(usage.rss)
    heapUsed.set(usage.heapUsed)
    heapTotal.set(usage.heapTotal)
    external.set(usage.external)
  })
}

function observeTime(metrics: Metrics): void {
  showFrom(metrics, PROCESS_SERIES.cpu, () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  })
  showFrom(metrics, PROCESS_SERIES.startedAt, () => performance.timeOrigin / 1_000)
  showFrom(metrics, PROCESS_SERIES.uptime, () => process.uptime())
}

function observeEventLoop(metrics: Metrics): () => void {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  const series = [
    { percentile: 50, lag: declareGauge(metrics, PROCESS_SERIES.lag50).series({}) },
    { percentile: 99, lag: declareGauge(metrics, PROCESS_SERIES.lag99).series({}) },
  ]
  metrics.beforeText(() => {
    for (const { percentile, lag } of series) {
      // What is measured is the whole interval, of which RESOLUTION_MS was asked for.
      const late = delay.percentile(percentile) / NANOSECONDS - RESOLUTION_MS / 1_000
      lag.set(Math.max(0, late))
    }
    delay.reset()
  })
  delay.enable()
  return () => {
    delay.disable()
  }
}
