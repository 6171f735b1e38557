/** The part of Standard Schema (standardschema.dev) that is used. Asynchronous schemas are refused. */
export interface ValueSchema<Value> {
  readonly '~standard': {
    validate(
      value: unknown,
    ):
      | { readonly value: Value; readonly issues?: undefined }
      | { readonly issues: readonly unknown[] }
      | Promise<unknown>
  }
}
