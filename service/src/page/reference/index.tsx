/**
 * page/reference/ owns `/docs`: the description of the API as one page to read, search and print. It is given the finished
 * description and knows no route.
 */
import type { JSX } from 'preact'
import type { oas31 } from 'zod-openapi'
import { PROBLEMS } from '../../api/problems.js'
import { operationsOf, type Listed } from '../../api/listing.js'
import { referenceAsset } from '../assets.js'
import { Layout, toHtml } from '../layout.js'
import { OperationCard } from './operation.js'
import { Prose } from './prose.js'

const words = {
  title: 'API reference',
  chapters: 'Operations',
  codes: 'Problem codes',
  codesLead: 'What `code` can be in `application/problem+json`. A code never changes its meaning.',
  ways: 'For programs: ',
}

/** The whole reference. */
export function renderReference(description: oas31.OpenAPIObject): string {
  const operations = operationsOf(description)
  const tags = description.tags ?? []
  return toHtml(
    <Layout title={words.title} style={referenceAsset}>
      <div class="reference">
        <nav class="reference-nav" aria-labelledby="operations">
          <h2 id="operations">{words.chapters}</h2>
          {tags.map(({ name }) => (
            <Entries key={name} name={name} operations={operations} />
          ))}
          <p>
            <a href="#codes">{words.codes}</a>
          </p>
        </nav>
        <div class="reference-text">
          <h1>{words.title}</h1>
          <div class="lead-text">
            <Prose text={description.info.description ?? ''} />
            <p>
              {words.ways}
              <a href="/openapi.json">openapi.json</a>
            </p>
          </div>
          {tags.map((tag) => (
            <section key={tag.name} aria-labelledby={anchorOf(tag.name)}>
              <h2 id={anchorOf(tag.name)}>{tag.name}</h2>
              <Prose text={tag.description ?? ''} />
              {operations
                .filter(({ tag: chapter }) => chapter === tag.name)
                .map((one) => (
                  <OperationCard key={one.id} listed={one} description={description} />
                ))}
            </section>
          ))}
          <Codes />
        </div>
      </div>
    </Layout>,
  )
}

function anchorOf(tag: string): string {
  return `chapter-${tag.toLowerCase().replace(/\W+/g, '-')}`
}

interface EntriesProps {
  readonly name: string
  readonly operations: readonly Listed[]
}

function Entries({ name, operations }: EntriesProps): JSX.Element {
  return (
    <>
      <h3>
        <a href={`#${anchorOf(name)}`}>{name}</a>
      </h3>
      <ul>
        {operations
          .filter(({ tag: chapter }) => chapter === name)
          .map(({ id, method, path }) => (
            <li key={id}>
              <a href={`#${id}`}>
                <span class={`method method-${method.toLowerCase()}`}>{method}</span> {path}
              </a>
            </li>
          ))}
      </ul>
    </>
  )
}

function Codes(): JSX.Element {
  return (
    <section aria-labelledby="codes">
      <h2 id="codes">{words.codes}</h2>
      <Prose text={words.codesLead} />
      <dl class="codes">
        {Object.entries(PROBLEMS).map(([code, meaning]) => (
          <div key={code} id={`code-${code}`}>
            <dt>
              <code>{code}</code>
            </dt>
            <dd>
              <Prose text={meaning} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
