/** JWT_SECRET=… REDIS_URL=… PORT=3000 node examples/from-jwt-redis-sessions/before.cjs */
const sessions = require('jwt-redis-sessions')
const { createApp } = require('./app.cjs')

const server = createApp(sessions).listen(Number(process.env.PORT ?? 3000), () => {
  console.log(`Server running on http://localhost:${server.address().port}`)
})
