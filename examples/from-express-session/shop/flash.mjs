/** Messages for the next page. */
export function flash(req, message) {
  req.session.flash = [...(req.session.flash ?? []), message]
}

/** They are gone once they were seen. */
export function takeFlash(req) {
  const messages = req.session.flash ?? []
  if (messages.length > 0) req.session.flash = []
  return messages
}
