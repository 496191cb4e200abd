/** Subprotocols of a WebSocket that are none: browsers can send a token in no other way. Pure. */

const tokenPrefix = "base64url.bearer.authorization.k8s.io.";

export interface Subprotocols {
  /** What is to be spoken. */
  readonly offered: readonly string[];
  /** The bearer token, if one was among them. */
  readonly token: string | undefined;
}

/** Takes a token out of the list; one that is no base64url text counts as none. */
export function subprotocolsOf(values: readonly string[]): Subprotocols {
  const all = values.flatMap((value) => value.split(",").map((each) => each.trim()));
  const offered = all.filter((each) => each !== "" && !each.startsWith(tokenPrefix));
  const encoded = all.find((each) => each.startsWith(tokenPrefix))?.slice(tokenPrefix.length);
  const isToken = encoded !== undefined && /^[A-Za-z0-9_-]+$/.test(encoded);
  // As Kubernetes: the token alone would have to be answered, and so shown.
  const token =
    isToken && offered.length > 0 ? Buffer.from(encoded, "base64url").toString() : undefined;
  return { offered, token };
}
