import { createServer } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { Server, type Socket } from 'socket.io'
import { io as connect, type Socket as Client } from 'socket.io-client'
import express from 'express'
import { WebClient } from '../../support/web.js'
import { sessionMiddleware, SUBJECTS, type Subject } from './modules.js'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function start(subject: Subject, transport: 'polling' | 'websocket') {
  const app = express()
  const server = createServer(app)
  const io = new Server(server)
  const sessions = sessionMiddleware(subject)
  app.use(sessions)
  io.engine.use(sessions)
  io.on('connection', (socket) => {
    const request = socket.request as any
    socket.on('count', (answer: (count: number) => void) => {
      // Another request may have changed the session since the handshake.
      request.session.reload((unreadable: unknown) => {
        if (unreadable) {
          socket.disconnect()
          return
        }
        request.session.messages = Number(request.session.messages ?? 0) + 1
        request.session.save((unsaved: unknown) => {
          if (unsaved) socket.disconnect()
          else answer(request.session.messages)
        })
      })
    })
    tellMore(socket)
  })
  app.get('/', (req: any, res) => {
    req.session.user ??= 'ada'
    res.json({ id: req.sessionID, messages: req.session.messages ?? 0 })
  })
  app.post('/logout', (req: any, res) => {
    req.session.destroy(() => res.end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => io.close())
  const { port } = server.address() as { port: number }
  const client = new WebClient({ port })
  return { client, open: () => opened(port, client, transport) }
}

function tellMore(socket: Socket): void {
  const request = socket.request as any
  socket.on('who', (answer: (facts: unknown) => void) => {
    answer({ id: request.sessionID, user: request.session?.user ?? null })
  })
}

async function opened(port: number, { cookie }: WebClient, transport: string): Promise<Client> {
  const socket = connect(`http://127.0.0.1:${String(port)}`, {
    transports: [transport],
    extraHeaders: cookie === '' ? {} : { cookie },
    forceNew: true,
    reconnection: false,
  })
  closing.push(() => socket.close())
  await new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(undefined))
    socket.once('connect_error', reject)
  })
  return socket
}

const MATRIX = SUBJECTS.flatMap((subject) =>
  (['polling', 'websocket'] as const).map((transport) => ({
    title: `${transport} on ${subject.name}`,
    subject,
    transport,
  })),
)

describe.each(MATRIX)('socket.io 4 by $title', ({ subject, transport }) => {
  it('shares the session of the page with the socket', async () => {
    const { client, open } = await start(subject, transport)
    const { id } = JSON.parse((await client.get('/')).body) as { id: string }
    const socket = await open()
    expect(await socket.emitWithAck('who')).toEqual({ id, user: 'ada' })
  })

  it('saves from the socket, and the page sees it', async () => {
    const { client, open } = await start(subject, transport)
    await client.get('/')
    const socket = await open()
    expect(await socket.emitWithAck('count')).toBe(1)
    expect(await socket.emitWithAck('count')).toBe(2)
    expect(JSON.parse((await client.get('/')).body)).toMatchObject({ messages: 2 })
  })

  it('a socket of a stranger has no one’s session', async () => {
    const { client, open } = await start(subject, transport)
    const socket = await open()
    expect(await socket.emitWithAck('who')).toMatchObject({ user: null })
    expect(JSON.parse((await client.get('/')).body)).toMatchObject({ messages: 0 })
  })

  it('after a logout the socket can no longer reload, and is put out', async () => {
    const { client, open } = await start(subject, transport)
    await client.get('/')
    const socket = await open()
    await client.post('/logout')
    const put = new Promise((resolve) => socket.once('disconnect', resolve))
    socket.emit('count', () => undefined)
    expect(await put).toBe('io server disconnect')
    expect(JSON.parse((await client.get('/')).body)).toMatchObject({ messages: 0 })
  })
})
