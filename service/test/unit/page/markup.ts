/** Just enough of a reader for the markup that the renderer writes: double quotes, `<` always escaped. */
export interface Tag {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
}

const TAG = /<([a-z][a-z0-9-]*)((?:\s[^\s=>/]+(?:="[^"]*")?)*)\s?\/?>/g
const ATTRIBUTE = /\s([^\s=>/]+)(?:="([^"]*)")?/g

/** Every start tag in document order. Fails where a `<` is left that is not part of a known shape. */
export function tagsOf(html: string): readonly Tag[] {
  const rest = html.replace(TAG, '').replace(/<\/[a-z][a-z0-9-]*>/g, '')
  if (rest.replace('<!doctype html>', '').includes('<')) throw new Error(`unread markup: ${rest}`)
  return [...html.matchAll(TAG)].map(([, name = '', text = '']) => ({
    name,
    attributes: Object.fromEntries(
      [...text.matchAll(ATTRIBUTE)].map(([, key = '', value = '']) => [key, unescape(value)]),
    ),
  }))
}

/** The forms of a page, each with the tags inside it. */
export function formsOf(
  html: string,
): readonly { readonly form: Tag; readonly inside: readonly Tag[] }[] {
  return [...html.matchAll(/<form[\s\S]*?<\/form>/g)].map(([text]) => {
    const [form, ...inside] = tagsOf(text)
    if (form === undefined) throw new Error('a form without a tag')
    return { form, inside }
  })
}

/** What a reader sees: the text without the tags. */
export function textOf(html: string): string {
  return unescape(html.replace(/<[^>]*>/g, ''))
}

function unescape(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
}
