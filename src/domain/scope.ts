/** What a key of the REST API may do, from small to large: each includes the ones before it. */
export const scopes = ["read", "control", "admin"] as const;
export type Scope = (typeof scopes)[number];
