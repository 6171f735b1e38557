import { Router } from 'express'
import { changeProfile, showProfile } from '../controllers/userController.js'
import { requireUser } from '../middlewares/authMiddleware.js'
import { csrfProtection } from '../middlewares/csrfProtection.js'

export const userRoutes = Router()

userRoutes.get('/profile', requireUser, showProfile)
userRoutes.patch('/profile', csrfProtection, requireUser, changeProfile)
