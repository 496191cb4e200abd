/** Who the node is to a registry: from the pod's image pull secrets. Pure. */
import type { Secret } from "#proto/gen/k8s/core/v1.ts";

export interface Credentials {
  /** Host, with a path if there is one: `registry.example:5000/team`. */
  readonly server: string;
  readonly username: string;
  readonly password: string;
}

interface Entry {
  readonly username?: string;
  readonly password?: string;
  /** base64 of `username:password`. */
  readonly auth?: string;
}

/** What a secret of one of the two Docker types holds; what cannot be read counts as nothing. */
export function credentialsOf({ data = {} }: Secret): Credentials[] {
  const modern = parsed(data[".dockerconfigjson"])?.["auths"];
  const entries = (modern ?? parsed(data[".dockercfg"]) ?? {}) as Readonly<Record<string, Entry>>;
  return Object.entries(entries).map(([server, { username = "", password = "", auth = "" }]) => {
    const [name = "", ...rest] = Buffer.from(auth, "base64").toString().split(":");
    return {
      server: server.replace(/^https?:\/\//, "").replace(/\/v[12]\/?$|\/$/, ""),
      username: username || name,
      password: password || rest.join(":"),
    };
  });
}

function parsed(base64: string | undefined): Record<string, unknown> | undefined {
  if (base64 === undefined) return undefined;
  try {
    return JSON.parse(Buffer.from(base64, "base64").toString()) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** Docker's authconfig for an image: the most specific server that it comes from. */
export function credentialsFor(
  image: string,
  all: readonly Credentials[],
): { username: string; password: string; serveraddress: string } | undefined {
  const place = placeOf(image);
  const [best] = all
    .filter(({ server }) => place === server || place.startsWith(`${server}/`))
    .toSorted((a, b) => b.server.length - a.server.length);
  if (!best) return undefined;
  const { username, password, server } = best;
  return { username, password, serveraddress: server };
}

const hub = "index.docker.io";

/** Where an image without a host comes from is Docker Hub. */
function placeOf(image: string): string {
  const [first = ""] = image.split("/");
  const isHost = image.includes("/") && (/[.:]/.test(first) || first === "localhost");
  if (!isHost) return `${hub}/${image}`;
  return image.replace(/^docker\.io\//, `${hub}/`);
}
