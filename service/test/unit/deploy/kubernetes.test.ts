import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT } from '../../../../tools/workspace/places.mjs'
import { loadConfig } from '../../../src/config/load.js'
import { VARIABLES } from '../../../src/config/variables.js'
import { environmentOfImage, files, readRoot, readYaml } from './files.js'

const FOLDER = 'deploy/kubernetes'
type Json = any

const manifests = new Map<string, Json>(
  readdirSync(join(ROOT, FOLDER))
    .filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml')
    .map((name) => [name, readYaml<Json>(`${FOLDER}/${name}`)]),
)
const of = (kind: string): Json => {
  const found = [...manifests.values()].find((one) => one.kind === kind)
  if (found === undefined) throw new Error(`no ${kind}`)
  return found
}
const kustomization = readYaml<Json>(`${FOLDER}/kustomization.yaml`)
const pod = of('Deployment').spec.template
const [container] = pod.spec.containers
const LABELS = { 'app.kubernetes.io/name': 'sojourn' }

/** Versions of the API that Kubernetes 1.27 to 1.34 serve; the last is the Prometheus operator's. */
const API: Readonly<Record<string, string>> = {
  ConfigMap: 'v1',
  Secret: 'v1',
  Service: 'v1',
  Deployment: 'apps/v1',
  Ingress: 'networking.k8s.io/v1',
  NetworkPolicy: 'networking.k8s.io/v1',
  PodDisruptionBudget: 'policy/v1',
  HorizontalPodAutoscaler: 'autoscaling/v2',
  ServiceMonitor: 'monitoring.coreos.com/v1',
}

describe('the manifests', () => {
  it('are what they say, are called alike, and name no namespace', () => {
    expect([...manifests.values()].map(({ kind }) => kind).sort()).toEqual(Object.keys(API).sort())
    for (const [name, { apiVersion, kind, metadata }] of manifests) {
      expect([name, apiVersion]).toEqual([name, API[kind]])
      expect([name, metadata]).toEqual([
        name,
        {
          name: 'sojourn',
          labels: LABELS,
          ...(metadata.annotations && { annotations: metadata.annotations }),
        },
      ])
    }
    expect(kustomization).toMatchObject({
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
    })
    const left = [...manifests.keys()].filter((name) => !kustomization.resources.includes(name))
    expect(left).toEqual(['secret.template.yaml', 'service-monitor.optional.yaml'])
    for (const name of kustomization.resources) {
      expect([name, existsSync(join(ROOT, FOLDER, name))]).toEqual([name, true])
    }
    expect(kustomization.images).toMatchObject([{ name: container.image, newTag: version() }])
  })

  it('mean the same pods, ports and names', () => {
    const selectors = [
      of('Deployment').spec.selector.matchLabels,
      of('Service').spec.selector,
      of('PodDisruptionBudget').spec.selector.matchLabels,
      of('NetworkPolicy').spec.podSelector.matchLabels,
      of('ServiceMonitor').spec.selector.matchLabels,
      ...pod.spec.topologySpreadConstraints.map((one: Json) => one.labelSelector.matchLabels),
    ]
    expect(selectors).toHaveLength(7)
    for (const selector of [...selectors, pod.metadata.labels]) expect(selector).toEqual(LABELS)
    const ports = container.ports.map(({ name }: Json) => name)
    expect(ports).toEqual(['http', 'metrics'])
    for (const port of of('Service').spec.ports) expect(ports).toContain(port.targetPort)
    const offered = of('Service').spec.ports.map(({ name }: Json) => name)
    for (const endpoint of of('ServiceMonitor').spec.endpoints) {
      expect(offered).toContain(endpoint.port)
      expect(endpoint.path).toBe('/metrics')
    }
    const { rules, tls } = of('Ingress').spec
    const { host } = new URL(of('ConfigMap').data.PUBLIC_URL)
    expect([rules.map((rule: Json) => rule.host), tls[0].hosts]).toEqual([[host], [host]])
    expect(rules[0].http.paths).toEqual([
      {
        path: '/',
        pathType: 'Prefix',
        backend: { service: { name: 'sojourn', port: { name: 'http' } } },
      },
    ])
    expect(of('HorizontalPodAutoscaler').spec.scaleTargetRef).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      name: 'sojourn',
    })
    // The autoscaler says how many; who applied a number would undo what it did.
    expect(of('Deployment').spec).not.toHaveProperty('replicas')
    expect(of('HorizontalPodAutoscaler').spec.minReplicas).toBeGreaterThan(
      of('PodDisruptionBudget').spec.maxUnavailable,
    )
    const [people, prometheus] = of('NetworkPolicy').spec.ingress
    expect([people.ports[0].port, prometheus.ports[0].port]).toEqual(['http', 'metrics'])
  })

  it('ask routes of the service on its ports for its health', () => {
    const config = loadConfig(environmentOfPod(), files)
    const [http, metrics] = container.ports
    expect(http.containerPort).toBe(config.server.port)
    expect(metrics.containerPort).toBe(config.operation.metricsPort)
    const routes = readRoot('service/src/route/health.ts')
    for (const probe of [
      container.startupProbe,
      container.livenessProbe,
      container.readinessProbe,
    ]) {
      expect(routes).toContain(`router.get('${probe.httpGet.path as string}'`)
      expect(probe.httpGet.port).toBe('http')
      expect(probe.timeoutSeconds).toBeLessThanOrEqual(3)
    }
    expect(container.livenessProbe.httpGet.path).toBe('/health/live')
    expect(container.readinessProbe.httpGet.path).toBe('/health/ready')
  })

  it('leave enough time to drain', () => {
    const source = readRoot('service/src/stop.ts')
    const milliseconds = (name: string): number =>
      Number(new RegExp(`^const ${name} = ([\\d_]+)$`, 'm').exec(source)?.[1]?.replaceAll('_', ''))
    const drain = ['LEAVE_WITHIN', 'DRAIN_WITHIN', 'LET_GO_WITHIN', 'LAST_LINES_WITHIN']
      .map(milliseconds)
      .reduce((sum, one) => sum + one, 0)
    const [, before] = container.lifecycle.preStop.exec.command
    expect(drain).toBeGreaterThan(15_000)
    expect(pod.spec.terminationGracePeriodSeconds * 1_000).toBeGreaterThan(
      Number(before) * 1_000 + drain,
    )
  })

  it('fulfil the restricted standard for pods', () => {
    expect(pod.spec.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    })
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
    expect(pod.spec).toMatchObject({
      automountServiceAccountToken: false,
      enableServiceLinks: false,
    })
    expect(pod.spec.volumes.filter((one: Json) => one.emptyDir === undefined)).toEqual([])
    const mounts = container.volumeMounts.map(({ mountPath }: Json) => mountPath)
    expect(mounts).toEqual([environmentOfImage()['DATA_DIR'], '/tmp'])
    expect(container.resources.requests).toMatchObject({ cpu: expect.anything() })
  })

  it('ASVS 13.2.3: set only variables that the service knows, and no secret', () => {
    const { data } = of('ConfigMap')
    const { stringData } = of('Secret')
    const known = Object.keys(VARIABLES)
    for (const name of Object.keys({ ...data, ...stringData })) expect(known).toContain(name)
    expect(Object.values(stringData).filter((value) => value !== '')).toEqual([])
    expect(Object.keys(data).filter((name) => /SECRET|TOKEN$|PASSWORD/.test(name))).toEqual([])
    expect(container.envFrom).toEqual([
      { configMapRef: { name: 'sojourn' } },
      { secretRef: { name: 'sojourn' } },
    ])
    // As it is, it is refused; with the secrets it is production without a warning.
    expect(() => loadConfig({ ...environmentOfImage(), ...data, ...stringData }, files)).toThrow(
      'CONFIG_SECRET_MISSING',
    )
    const config = loadConfig(environmentOfPod(), files)
    expect([config.mode, config.warnings]).toEqual(['production', []])
    // README.md makes every secret that the template names.
    const readme = readRoot(`${FOLDER}/README.md`)
    for (const name of Object.keys(stringData)) expect(readme).toContain(`--from-literal=${name}=`)
  })
})

function environmentOfPod(): Record<string, string> {
  const secret = (): string => randomBytes(32).toString('base64url')
  return {
    ...environmentOfImage(),
    ...of('ConfigMap').data,
    SESSION_SECRET: secret(),
    JWT_SECRET: secret(),
    REFRESH_SECRET: secret(),
    REDIS_USERNAME: 'sojourn',
    REDIS_PASSWORD: secret(),
    DATABASE_URL: `postgres://sojourn:${secret()}@db.example:5432/sojourn?sslmode=verify-full`,
  }
}

function version(): string {
  return (JSON.parse(readRoot('service/package.json')) as { version: string }).version
}
