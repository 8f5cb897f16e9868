/** What a key of the REST API may do, from small to large: each includes the ones before it. */
export const scopes = ["read", "control", "admin"] as const;
export type Scope = (typeof scopes)[number];

/** True when one of the granted scopes is, or includes, the needed one. */
export const allows = (granted: readonly Scope[], needed: Scope): boolean => granted.some((scope) => scopes.indexOf(scope) >= scopes.indexOf(needed));
