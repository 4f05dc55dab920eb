/** What a user may do, from the least. */
export const ROLES = ["store", "read", "write", "admin"] as const;

/**
 * `store` hands in images and does nothing else, `read` looks, `write` stores, changes, sends and deletes, `admin`
 * configures the server.
 */
export type Role = (typeof ROLES)[number];

/** Somebody who has shown who it is: a user, or as `token:NAME` a program with a token. */
export interface Principal {
  readonly name: string;
  readonly role: Role;
}

/** Whose work each role may do: whoever stores need not see what is there. */
const INCLUDED: Readonly<Record<Role, readonly Role[]>> = {
  store: ["store"],
  read: ["read"],
  write: ["store", "read", "write"],
  admin: ROLES,
};

/** Whether `role` may do what `needed` may. */
export function includesRole(role: Role, needed: Role): boolean {
  return INCLUDED[role].includes(needed);
}
