/** What a user may do, from the least: each role may do what those before it may. */
export const ROLES = ["read", "write", "admin"] as const;

/** `read` looks, `write` stores, changes, sends and deletes, `admin` configures the server. */
export type Role = (typeof ROLES)[number];

/** Somebody who has shown who it is: a user, or as `token:NAME` a program with a token. */
export interface Principal {
  readonly name: string;
  readonly role: Role;
}

/** Whether `role` may do what `needed` may. */
export function includesRole(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}
