/** Addresses of NATS servers as people write them: `nats://user:password@host:4222,host:4223`. */

export interface BusAddresses {
  /** `nats://host:4222` each, without credentials. */
  readonly servers: readonly string[];
  readonly user?: string;
  readonly pass?: string;
  readonly token?: string;
}

/**
 * Takes the credentials out of the addresses: a user with a password, or a token alone. The first
 * address with any decides. Throws TypeError for what is no address.
 */
export function parseAddresses(text: string): BusAddresses {
  const urls = text
    .split(",")
    .filter((server) => server.trim() !== "")
    .map((server) => new URL(server.includes("://") ? server : `nats://${server.trim()}`));
  const servers = urls.map(({ protocol, host }) => `${protocol}//${host}`);
  const named = urls.find(({ username }) => username !== "");
  if (!named) return { servers };
  const user = decodeURIComponent(named.username);
  if (named.password === "") return { servers, token: user };
  return { servers, user, pass: decodeURIComponent(named.password) };
}
