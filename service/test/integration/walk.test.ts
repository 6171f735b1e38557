import { describe, expect, it } from 'vitest'
import { startService } from '../support/service.js'
describe('x', () => {
  it('starts', async () => {
    await using service = await startService()
    console.log(service.startedIn, service.url)
    const c = service.client()
    console.log((await c.post('/register', {username:'ada', password:'correct horse'})).text)
    console.log((await c.get('/dashboard')).text, c.cookie)
    expect(1).toBe(1)
  })
})
