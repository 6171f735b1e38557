import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import type { Metrics } from 'sojourn/telemetry'

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
  const gauge = (name: string, help: string) => metrics.gauge(name, help).series({})
  const resident = gauge(
    'process_resident_memory_bytes',
    'Memory of the process, as the host sees it.',
  )
  const heapUsed = gauge('nodejs_heap_size_used_bytes', 'JavaScript heap in use.')
  const heapTotal = gauge('nodejs_heap_size_total_bytes', 'JavaScript heap set aside.')
  const external = gauge('nodejs_external_memory_bytes', 'Memory of buffers outside the heap.')
  metrics.beforeText(() => {
    const usage = process.memoryUsage()
    resident.set(usage.rss)
    heapUsed.set(usage.heapUsed)
    heapTotal.set(usage.heapTotal)
    external.set(usage.external)
  })
}

function observeTime(metrics: Metrics): void {
  metrics
    .counter('process_cpu_seconds_total', 'CPU time spent, by the process and for it.')
    .series({})
    .readFrom(() => {
      const { user, system } = process.cpuUsage()
      return (user + system) / 1e6
    })
  metrics
    .gauge('process_start_time_seconds', 'When the process started, since the Unix epoch.')
    .series({})
    .set(performance.timeOrigin / 1_000)
  metrics
    .gauge('process_uptime_seconds', 'How long the process has been running.')
    .series({})
    .readFrom(() => process.uptime())
}

function observeEventLoop(metrics: Metrics): () => void {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  const series = [50, 99].map((percentile) => ({
    percentile,
    lag: metrics
      .gauge(
        `nodejs_eventloop_lag_p${String(percentile)}_seconds`,
        `How late the event loop was since the last reading, percentile ${String(percentile)}.`,
      )
      .series({}),
  }))
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
