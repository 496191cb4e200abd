/**
 * Parsed and encoded forms take several times the bytes that are stored. The versions that had a
 * form made last keep theirs; colder ones make them again when somebody asks.
 */

/** Versions with forms in this process. */
const warmMax = 20_000;

export interface Coolable {
  /** Drops every form but the stored one. */
  cool(): void;
}

const ring: (Coolable | undefined)[] = [];
let next = 0;

/** Called when a version makes the first of its forms. */
export function warmed(version: Coolable): void {
  const oldest = ring[next];
  ring[next] = version;
  next = (next + 1) % warmMax;
  oldest?.cool();
}
