import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A span as a collector gets it. */
export interface CollectedSpan {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly kind: number
  readonly attributes: ReadonlyMap<string, string>
  /** 0 not set, 2 error. */
  readonly status: number
}

/** A collector of OpenTelemetry: takes in what is sent over HTTP as JSON. */
export interface Collector {
  readonly url: string
  spans(): readonly CollectedSpan[]
  /** Numbers of the last time that metrics came, by name and labels as Prometheus writes them. */
  numbers(): ReadonlyMap<string, number>
  /** Every byte that came. */
  said(): string
  close(): Promise<void>
}

interface Value {
  readonly stringValue?: string
  readonly intValue?: number | string
}
interface Attribute {
  readonly key: string
  readonly value: Value
}
interface Point {
  readonly attributes?: readonly Attribute[]
  readonly asDouble?: number
  readonly asInt?: number | string
  readonly count?: number | string
}

export async function startCollector(): Promise<Collector> {
  const bodies: { readonly path: string; readonly text: string }[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      bodies.push({ path: request.url ?? '', text: Buffer.concat(chunks).toString() })
      response.setHeader('Content-Type', 'application/json').end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const sentTo = (path: string): any[] =>
    bodies.filter((body) => body.path === path).map(({ text }) => JSON.parse(text))
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    spans: () => sentTo('/v1/traces').flatMap(toSpans),
    numbers: () => new Map(sentTo('/v1/metrics').slice(-1).flatMap(toNumbers)),
    said: () => bodies.map(({ text }) => text).join('\n'),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function toSpans(body: any): CollectedSpan[] {
  return body.resourceSpans
    .flatMap(({ scopeSpans }: any) => scopeSpans.flatMap(({ spans }: any) => spans))
    .map((span: any) => ({
      ...span,
      attributes: new Map(
        (span.attributes as Attribute[]).map(({ key, value }) => [key, textOf(value)]),
      ),
      status: span.status?.code ?? 0,
    }))
}

function toNumbers(body: any): [string, number][] {
  const metrics = body.resourceMetrics.flatMap(({ scopeMetrics }: any) =>
    scopeMetrics.flatMap((scope: any) => scope.metrics),
  )
  return metrics.flatMap(({ name, sum, gauge, histogram }: any) =>
    ((sum ?? gauge ?? histogram).dataPoints as Point[]).map((point): [string, number] => {
      const labels = (point.attributes ?? []).map(({ key, value }) => `${key}="${textOf(value)}"`)
      const inside = labels.length === 0 ? '' : `{${labels.join()}}`
      return [`${name}${inside}`, Number(point.asDouble ?? point.asInt ?? point.count)]
    }),
  )
}

function textOf({ stringValue, intValue }: Value): string {
  return stringValue ?? String(intValue)
}
