/** One of the running controller's pages. */
export type Ask = <T>(path: string) => Promise<T>;

/** A page of a proxy's own, asked in its container. */
export type AskProxy = (container: string, method: 'GET' | 'POST', path: string) => Promise<string>;
