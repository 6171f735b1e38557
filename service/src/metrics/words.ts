/** The methods that are told apart. */
export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
/** The classes of answers, by the first digit of the status. */
export const CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const
/** The client went away before the answer was complete. */
export const ABORTED = 'aborted'
export const OTHER = 'other'

/** All words of the label `method`. */
export const METHOD_WORDS: readonly string[] = [...METHODS, OTHER]
/** All words of the label `status_class`. */
export const STATUS_WORDS: readonly string[] = [...CLASSES, ABORTED, OTHER]
