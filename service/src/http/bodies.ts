/** The bodies of signing in and registering. A name may be a user name, an address, or both. */
import { isAddress, isVisibleName } from '../account/name.js'
import { ADDRESS_RULE, NAME_RULE } from '../account/registration.js'
import type { z } from 'zod'
import { fields, flag, oneOf, text, textThat } from './fields.js'

const names = {
  username: textThat(isVisibleName, NAME_RULE).optional(),
  email: textThat(isAddress, ADDRESS_RULE).optional(),
}

/** A browser gets cookies only, unless it asks for tokens. */
const deliver = oneOf(['cookie', 'token']).optional()

/** `POST /login` and `POST /register`: who, the password, and how to stay. */
export const signInBody = fields({
  ...names,
  password: text(),
  remember: flag().optional(),
  deliver,
  returnTo: text().optional(),
})
  .refine((body) => body.username !== undefined || body.email !== undefined, {
    path: ['username'],
    error: 'must be a string',
  })
  .meta({ anyOf: [{ required: ['username'] }, { required: ['email'] }] })

export type SignInBody = z.infer<typeof signInBody>
