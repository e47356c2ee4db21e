/** What the local server needs of the site behind it. */

/** Those a reader of the local pages can be. */
export const ACCOUNTS = ['admin', 'user'] as const;
export type Account = (typeof ACCOUNTS)[number];

export interface HostSite {
  /** Calls a function of the resolver as the account. Errors: those of `invokeFunction`. */
  invoke(account: Account, call: ResolverCall): Promise<unknown>;
  context(account: Account): Record<string, unknown>;
  close(): Promise<void>;
}

export interface ResolverCall {
  functionKey: string;
  payload?: unknown;
}
