/** The script of the pages that everybody can see: a form is sent once. */
import { sendOnce } from './busy.js'

sendOnce()
