// src/users.ts
import type { Config } from "./config";
import { getJson, HttpError } from "./http";

export interface User {
  readonly id: string;
  readonly name: string;
  readonly joined: string;
}

// The helper that every page asks for a member by id. A member that is not there is null.
export async function fetchUser(config: Config, id: string): Promise<User | null> {
  try {
    return await getJson<User>(config, `/users/${encodeURIComponent(id)}`);
  } catch (error) {
    if (error instanceof HttpError && error.status === 404) return null;
    throw error;
  }
}

export function displayName(user: User | null): string {
  return user === null ? "somebody who left" : user.name;
}
