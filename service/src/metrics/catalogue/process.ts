import type { SeriesText } from 'sojourn/telemetry'

type ProcessName =
  | 'resident'
  | 'heapUsed'
  | 'heapTotal'
  | 'external'
  | 'cpu'
  | 'startedAt'
  | 'uptime'
  | 'lag50'
  | 'lag99'

/** Series of this process, under the names that prom-client made common. */
export const PROCESS_SERIES: Readonly<Record<ProcessName, SeriesText<never>>> = {
  resident: {
    name: 'process_resident_memory_bytes',
    kind: 'gauge',
    help: 'Memory of the process, as the host sees it.',
    labels: {},
  },
  heapUsed: {
    name: 'nodejs_heap_size_used_bytes',
    kind: 'gauge',
    help: 'JavaScript heap in use.',
    labels: {},
  },
  heapTotal: {
    name: 'nodejs_heap_size_total_bytes',
    kind: 'gauge',
    help: 'JavaScript heap set aside.',
    labels: {},
  },
  external: {
    name: 'nodejs_external_memory_bytes',
    kind: 'gauge',
    help: 'Memory of buffers outside the heap.',
    labels: {},
  },
  cpu: {
    name: 'process_cpu_seconds_total',
    kind: 'counter',
    help: 'CPU time spent, by the process and for it.',
    labels: {},
  },
  startedAt: {
    name: 'process_start_time_seconds',
    kind: 'gauge',
    help: 'When the process started, since the Unix epoch.',
    labels: {},
  },
  uptime: {
    name: 'process_uptime_seconds',
    kind: 'gauge',
    help: 'How long the process has been running.',
    labels: {},
  },
  lag50: {
    name: 'nodejs_eventloop_lag_p50_seconds',
    kind: 'gauge',
    help: 'How late the event loop was since the last reading, percentile 50.',
    labels: {},
  },
  lag99: {
    name: 'nodejs_eventloop_lag_p99_seconds',
    kind: 'gauge',
    help: 'How late the event loop was since the last reading, percentile 99.',
    labels: {},
  },
}
