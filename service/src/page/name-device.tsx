import { Field, PostForm } from './form.js'
import { Layout, toHtml } from './layout.js'
import { paths } from './paths.js'
import type { NameDeviceProps } from './props.js'
import { texts } from './texts.js'
import { Word } from './word.js'

/** `GET /sessions/:id/name`: what its person calls a device. */
export function renderNameDevice(props: NameDeviceProps): string {
  const words = texts.nameDevice
  const { csrf, device } = props
  const { name, browser } = device
  return toHtml(
    <Layout title={words.title} page={props} current="devices">
      <Word where="inside">
        <h1>{words.heading(name)}</h1>
        <p class="lead">{words.lead}</p>
        <PostForm action={paths.nameDevice(device.id)} csrf={csrf} class="form">
          <Field
            name="name"
            label={words.label}
            hint={words.hint(browser)}
            value={name === browser ? '' : name}
            maxlength={64}
            isOptional
          />
          <div class="actions">
            <button class="button button-main" type="submit">
              {words.submit}
            </button>
            <a class="button button-plain" href={paths.devices}>
              {words.cancel}
            </a>
          </div>
        </PostForm>
      </Word>
    </Layout>,
  )
}
