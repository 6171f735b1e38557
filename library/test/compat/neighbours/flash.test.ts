import { afterEach, describe, expect, it } from 'vitest'
import { listen, WebClient, type RunningServer } from '../../support/web.js'
import { EXPRESSES, load, sessionApp, SUBJECTS } from './modules.js'

const MATRIX = SUBJECTS.flatMap((subject) =>
  EXPRESSES.map(({ name, express }) => ({ title: `${subject.name}, ${name}`, subject, express })),
)
type Row = (typeof MATRIX)[number]

const running: RunningServer[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()))
})

async function start({ subject, express }: Row, flash: any): Promise<WebClient> {
  const app = sessionApp(subject, express)
  app.engine('page', (_path: string, { messages }: any, done) => {
    done(null, JSON.stringify(messages))
  })
  app.set('view engine', 'page')
  app.set('views', import.meta.dirname)
  app.use(flash)
  app.post('/orders', (req: any, res) => {
    req.flash('info', 'Order %s is on its way', '17')
    res.redirect('/orders')
  })
  app.get('/orders', (req: any, res) => {
    res.json(req.flash('info'))
  })
  app.post('/broken', (req: any, res) => {
    req.flash('error', ['No stock', 'No address'])
    res.redirect('/all')
  })
  app.get('/all', (req: any, res) => {
    res.json(req.flash())
  })
  app.get('/page', (_req, res) => {
    res.render('empty')
  })
  const server = await listen(app)
  running.push(server)
  return new WebClient(server)
}

const bodyOf = async (client: WebClient, path: string): Promise<unknown> =>
  JSON.parse((await client.get(path)).body)

describe.each(MATRIX)('connect-flash on $title', (row) => {
  it('shows a message once, after the redirect', async () => {
    const client = await start(row, load('connect-flash')())
    expect((await client.post('/orders')).status).toBe(302)
    expect(await bodyOf(client, '/orders')).toEqual(['Order 17 is on its way'])
    expect(await bodyOf(client, '/orders')).toEqual([])
  })

  it('collects messages of several kinds, and takes them all away at once', async () => {
    const client = await start(row, load('connect-flash')())
    await client.post('/orders')
    await client.post('/broken')
    expect(await bodyOf(client, '/all')).toEqual({
      info: ['Order 17 is on its way'],
      error: ['No stock', 'No address'],
    })
    expect(await bodyOf(client, '/all')).toEqual({})
  })
})

describe.each(MATRIX)('express-flash on $title', (row) => {
  it('gives the messages to the page that is rendered next, and to no other', async () => {
    const client = await start(row, load('express-flash')())
    await client.post('/orders')
    expect(await bodyOf(client, '/page')).toEqual({ info: ['Order 17 is on its way'] })
    expect(await bodyOf(client, '/page')).toEqual({})
  })
})
