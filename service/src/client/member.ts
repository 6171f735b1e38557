/**
 * client/ owns what runs in the browser: one script for the pages of members, one for the console. Pages refer to them by
 * `scriptAssets`; each only adds to a page that works without it, and reads nothing but what the page says. It imports no
 * code of the server.
 *
 * This one stands on every page of a signed-in person: it warns before the session ends, notices at once when it has ended,
 * and keeps what was typed.
 */
import { createClient } from 'sojourn/browser'
import { defineExpiryDialog } from 'sojourn/browser/expiry'

const client = createClient()
defineExpiryDialog(client)
