/** A request for a JSON document of a bounded size, in a bounded time. */
export interface JsonRequest {
  readonly fetch: typeof globalThis.fetch
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly maxBytes: number
  /** Milliseconds, from the request to the last byte. */
  readonly timeout: number
  /** Gives up at once. */
  readonly signal: AbortSignal
}

/**
 * The bytes of the answer. Throws for a status other than 200, a redirection, too many bytes, or too much time: even where the
 * `fetch` that was passed in does not care for signals. No message tells anything of the request but its host.
 */
export async function fetchBytes(request: JsonRequest): Promise<Uint8Array> {
  const { signal, done } = deadline(request)
  try {
    return await Promise.race([read(request, signal), rejected(signal)])
  } catch (cause) {
    throw new Error(`No usable answer from ${request.url.host}.`, { cause })
  } finally {
    done()
  }
}

async function read(request: JsonRequest, signal: AbortSignal): Promise<Uint8Array> {
  const { fetch, url, headers, maxBytes } = request
  const response = await fetch(url.href, {
    headers: { accept: 'application/json', ...headers },
    redirect: 'error',
    signal,
  })
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new Error(`The status was ${response.status}.`)
  }
  return collect(response.body, maxBytes)
}

async function collect(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  const reader = body?.getReader()
  for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) {
    length += next.value.length
    if (length > maxBytes) {
      await reader?.cancel()
      throw new Error(`The answer is larger than ${maxBytes} bytes.`)
    }
    chunks.push(next.value)
  }
  return joined(chunks, length)
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}

function deadline({ timeout, signal }: JsonRequest): { signal: AbortSignal; done: () => void } {
  const controller = new AbortController()
  const abort = (): void => controller.abort(new Error('Given up.'))
  const timer = setTimeout(
    () => controller.abort(new Error(`No answer in ${timeout} ms.`)),
    timeout,
  )
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort)
  return {
    signal: controller.signal,
    done() {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
    },
  }
}

function rejected(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = (): void => reject(signal.reason as Error)
    if (signal.aborted) fail()
    else signal.addEventListener('abort', fail, { once: true })
  })
}
