import { Router } from 'express'
import { csrfToken, login, logout, refresh, register } from '../controllers/authController.js'
import { requireUser } from '../middlewares/authMiddleware.js'
import { csrfProtection } from '../middlewares/csrfProtection.js'
import { refreshLimiter, signInLimiter } from '../middlewares/rateLimiter.js'

export const authRoutes = Router()

authRoutes.get('/csrf', csrfProtection, csrfToken)
authRoutes.post('/register', signInLimiter, csrfProtection, register)
authRoutes.post('/login', signInLimiter, csrfProtection, login)
// No cookie has a say here: the refresh token in the body is something that no other page knows.
authRoutes.post('/refresh', refreshLimiter, refresh)
authRoutes.post('/logout', csrfProtection, requireUser, logout)
