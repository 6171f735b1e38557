import type { JSX } from 'preact'

import { PostForm } from '../form.js'
import { Icon } from '../icon.js'
import { toHtml } from '../layout.js'
import { localPath, paths } from '../paths.js'
import { texts } from '../texts.js'
import { ConsoleLayout } from './layout.js'
import type { AskField, AskProps } from './props.js'

const words = texts.console.ask

/** `GET /admin/confirm`: what would happen, and the button for it. Nothing has happened before that is pressed. */
export function renderAsk(props: AskProps): string {
  const { title, heading, lead, list = [], lines = [], entry, field, isAlarming } = props
  const main = isAlarming ? 'button button-alarm' : 'button button-main'
  return toHtml(
    <ConsoleLayout
      title={title}
      page={props}
      entry={entry}
      hasProblems={field?.problem !== undefined}
      isBare
    >
      <div class="card ask" data-ask="confirm">
        <h1>{heading}</h1>
        <p class="lead">{lead}</p>
        {list.length === 0 ? null : (
          <ul class="ask-list">
            {list.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        )}
        {lines.length === 0 ? null : (
          <ul class="ask-lines">
            {lines.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        )}
        <PostForm action={props.action} csrf={props.csrf} class="form" mayStepUp>
          {Object.entries(props.fields ?? {}).map(([name, value]) => (
            <input key={name} type="hidden" name={name} value={value} />
          ))}
          {field === undefined ? null : <Typed field={field} />}
          <div class="actions">
            <button class={main} type="submit">
              {props.submit}
            </button>
            <a class="button" href={localPath(props.cancel) ?? paths.console} data-cancel>
              {words.cancel}
            </a>
          </div>
        </PostForm>
      </div>
    </ConsoleLayout>,
  )
}

/** A text that the act wants: a reason, or a word that says that it is meant. */
function Typed({ field }: { readonly field: AskField }): JSX.Element {
  const { name, label, hint, problem } = field
  const described = [
    ...(problem === undefined ? [] : [`${name}-problem`]),
    ...(hint === undefined ? [] : [`${name}-hint`]),
  ]
  return (
    <div class="field">
      <label for={name}>{label}</label>
      {hint === undefined ? null : (
        <p class="hint" id={`${name}-hint`}>
          {hint}
        </p>
      )}
      {problem === undefined ? null : (
        <p class="fault" id={`${name}-problem`} role="alert">
          <Icon name="alert" />
          {problem}
        </p>
      )}
      <input
        id={name}
        name={name}
        type="text"
        value={field.value}
        required
        minLength={field.minlength}
        maxLength={field.maxlength}
        autocomplete="off"
        autocapitalize="none"
        aria-invalid={problem === undefined ? undefined : 'true'}
        aria-describedby={described.length === 0 ? undefined : described.join(' ')}
      />
    </div>
  )
}
