import { AsyncLocalStorage } from 'node:async_hooks'
import { ROOT_CONTEXT, type Context, type ContextManager } from '@opentelemetry/api'

/** Keeps the active span with what runs below it, over every `await`: OpenTelemetry has this as a package of its own. */
export function createContextManager(): ContextManager {
  const storage = new AsyncLocalStorage<Context>()
  const manager: ContextManager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (context, run, self, ...args) => storage.run(context, () => run.apply(self, args)),
    bind<Target>(context: Context, target: Target): Target {
      if (typeof target !== 'function') return target
      const bound = (...args: readonly unknown[]): unknown =>
        storage.run(context, () => Reflect.apply(target, undefined, args) as unknown)
      return bound as Target
    },
    enable: () => manager,
    disable() {
      storage.disable()
      return manager
    },
  }
  return manager
}
