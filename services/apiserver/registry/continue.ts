/** Tokens that continue a list, in the form that Kubernetes gives them. Pure. */
import { badRequest } from "#libs/api/errors.ts";
import type { ObjectName } from "./cache/version.ts";

const tokenVersion = "meta.k8s.io/v1";

export interface ContinuePosition {
  /** Revision of the list that is continued; -1 when the rest may be inconsistent. */
  readonly revision: number;
  /** Everything after this one is wanted. */
  readonly after: ObjectName;
}

/** `namespace` is the one that the list is limited to, or "". */
export function encodeContinue(
  { revision, after }: ContinuePosition,
  namespace: string,
): string {
  const path =
    namespace !== "" || after.namespace === "" ? after.name : `${after.namespace}/${after.name}`;
  const token = { v: tokenVersion, rv: revision, start: `${path}\u0000` };
  return Buffer.from(JSON.stringify(token)).toString("base64url");
}

/** Throws BadRequest, worded as Kubernetes, for a token that is not one. */
export function decodeContinue(token: string, namespace: string): ContinuePosition {
  const { v, rv, start } = parseToken(token);
  if (v !== tokenVersion) throw refuse(`server does not recognize this encoded version ${v}`);
  if (rv === 0) throw refuse(`incorrect encoded start resourceVersion (version ${tokenVersion})`);
  if (start === "") throw refuse(`encoded start key empty (version ${tokenVersion})`);
  const key = start.endsWith("\u0000") ? start.slice(0, -1) : start;
  const parts = key.replace(/^\//, "").split("/");
  if (parts.some((part) => part === "" || part === "." || part === "..")) throw refuse(start);
  const [first = "", second] = parts;
  if (second === undefined) return { revision: rv, after: { namespace, name: first } };
  return { revision: rv, after: { namespace: first, name: second } };
}

function parseToken(token: string): { v: string; rv: number; start: string } {
  const bad = token.search(/[^A-Za-z0-9_-]/);
  if (bad >= 0) throw refuse(`illegal base64 data at input byte ${bad}`);
  const text = Buffer.from(token, "base64url").toString();
  try {
    const value = JSON.parse(text) as { v?: unknown; rv?: unknown; start?: unknown };
    return {
      v: typeof value.v === "string" ? value.v : "",
      rv: typeof value.rv === "number" ? value.rv : 0,
      start: typeof value.start === "string" ? value.start : "",
    };
  } catch {
    throw refuse(
      text === "" || text.startsWith("{")
        ? "unexpected end of JSON input"
        : `invalid character '${text[0]}' looking for beginning of value`,
    );
  }
}

const refuse = (why: string) =>
  badRequest(`invalid continue token: continue key is not valid: ${why}`);
