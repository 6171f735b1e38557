import { once } from 'node:events'
import { createServer } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import express from 'express'
import { WebClient } from '../../support/web.js'
import { sessionMiddleware, SUBJECTS, type Subject } from './modules.js'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function start(subject: Subject) {
  const app = express()
  const server = createServer(app)
  const sessions = sessionMiddleware(subject)
  const sockets = new WebSocketServer({ noServer: true })
  app.use(sessions)
  server.on('upgrade', (request: any, socket, head) => {
    // There is no response yet: an empty object stands for it.
    sessions(request, {} as never, (error?: unknown) => {
      if (error !== undefined || request.session?.user === undefined) {
        socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n')
        return
      }
      sockets.handleUpgrade(request, socket, head, (webSocket) => {
        sockets.emit('connection', webSocket, request)
      })
    })
  })
  sockets.on('connection', (webSocket, request: any) => {
    webSocket.on('message', () => {
      request.session.reload((unreadable: unknown) => {
        if (unreadable) return webSocket.close(4401, 'signed out')
        request.session.messages = Number(request.session.messages ?? 0) + 1
        request.session.save(() => {
          webSocket.send(`${request.session.user}: ${request.session.messages}`)
        })
      })
    })
  })
  app.get('/', (req: any, res) => {
    req.session.user ??= 'ada'
    res.json({ id: req.sessionID, messages: req.session.messages ?? 0 })
  })
  app.post('/logout', (req: any, res) => {
    req.session.destroy(() => res.end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    server.closeAllConnections()
    sockets.close()
    server.close()
  })
  const { port } = server.address() as { port: number }
  const client = new WebClient({ port })
  const open = (): WebSocket => {
    const { cookie } = client
    const headers = cookie === '' ? {} : { cookie }
    const webSocket = new WebSocket(`ws://127.0.0.1:${String(port)}`, { headers })
    // Ending one that was refused is an error of its own.
    webSocket.on('error', () => undefined)
    closing.push(() => webSocket.terminate())
    return webSocket
  }
  return { client, open }
}

async function ask(webSocket: WebSocket): Promise<string> {
  webSocket.send('count')
  const [answer] = (await once(webSocket, 'message')) as [Buffer]
  return answer.toString()
}

describe.each(SUBJECTS)('ws 8 on $name', (subject) => {
  it('reads the session from the upgrade request, with an empty object for the response', async () => {
    const { client, open } = await start(subject)
    await client.get('/')
    const webSocket = open()
    await once(webSocket, 'open')
    expect(await ask(webSocket)).toBe('ada: 1')
  })

  it('saves from the socket, and the page sees it', async () => {
    const { client, open } = await start(subject)
    await client.get('/')
    const webSocket = open()
    await once(webSocket, 'open')
    await ask(webSocket)
    await ask(webSocket)
    expect(JSON.parse((await client.get('/')).body)).toMatchObject({ messages: 2 })
  })

  it('refuses whoever brings no session, or a cookie that nobody signed', async () => {
    const { client, open } = await start(subject)
    const [, stranger] = await once(open(), 'unexpected-response')
    expect(stranger.statusCode).toBe(401)
    client.jar.set('connect.sid', 's%3Amade-up.c2lnbmF0dXJl')
    const [, forger] = await once(open(), 'unexpected-response')
    expect(forger.statusCode).toBe(401)
  })

  it('puts out whoever signed out meanwhile, and does not bring the session back', async () => {
    const { client, open } = await start(subject)
    const { id } = JSON.parse((await client.get('/')).body) as { id: string }
    const webSocket = open()
    await once(webSocket, 'open')
    const { cookie } = client
    await client.post('/logout')
    webSocket.send('count')
    const [code] = (await once(webSocket, 'close')) as [number]
    expect(code).toBe(4401)
    const again = await client.get('/', { headers: { cookie } })
    expect((JSON.parse(again.body) as { id: string }).id).not.toBe(id)
  })
})
