/** Acting as somebody else: the Impersonate-* headers, each of which needs a right of its own. */
import { badRequest } from "#libs/api/errors.ts";
import type { Attributes, Authorizer } from "./authorize.ts";
import { refusal } from "./refuse.ts";
import { serviceAccountGroups, splitUsername } from "./service-account.ts";
import { anonymousUser, authenticatedGroup, type User } from "./user.ts";

export interface ImpersonationHeaders {
  readonly user: string;
  readonly uid: string;
  readonly groups: readonly string[];
  /** Keys lower case, percent-decoded. */
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

const extraPrefix = "impersonate-extra-";

interface HeaderSource {
  header(name: string): string | undefined;
  headers(name: string): readonly string[];
  headerNames(): readonly string[];
}

/** Undefined when nobody is to be impersonated. */
export function impersonationHeaders(request: HeaderSource): ImpersonationHeaders | undefined {
  const names = request.headerNames().filter((name) => name.startsWith("impersonate-"));
  if (names.length === 0) return undefined;
  const extra: Record<string, readonly string[]> = {};
  for (const name of names) {
    if (!name.startsWith(extraPrefix)) continue;
    extra[decoded(name.slice(extraPrefix.length))] = request.headers(name);
  }
  return {
    user: request.header("impersonate-user") ?? "",
    uid: request.header("impersonate-uid") ?? "",
    groups: request.headers("impersonate-group"),
    extra,
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The user to act as. Throws 400 without a user name, 403 without the rights. */
export async function impersonate(
  user: User,
  headers: ImpersonationHeaders,
  authorizer: Authorizer,
): Promise<User> {
  if (headers.user === "") throw badRequest(nobody(headers));
  for (const attributes of wantedRights(user, headers)) {
    const decision = await authorizer(attributes);
    if (decision.decision !== "allow") throw refusal(attributes, decision.reason);
  }
  return {
    name: headers.user,
    groups: impersonatedGroups(headers),
    ...(headers.uid === "" ? {} : { uid: headers.uid }),
    ...(Object.keys(headers.extra).length === 0 ? {} : { extra: headers.extra }),
  };
}

/** Go's `%#v` of what was asked for. */
function nobody({ uid, groups, extra }: ImpersonationHeaders): string {
  const list = groups.map((group) => JSON.stringify(group)).join(", ");
  const pairs = Object.entries(extra).map(
    ([key, values]) =>
      `${JSON.stringify(key)}:[]string{${values.map((value) => JSON.stringify(value)).join(", ")}}`,
  );
  const groupText = groups.length === 0 ? "[]string(nil)" : `[]string{${list}}`;
  const extraText =
    pairs.length === 0 ? "map[string][]string(nil)" : `map[string][]string{${pairs.join(", ")}}`;
  return (
    `requested &user.DefaultInfo{Name:"", UID:${JSON.stringify(uid)}, Groups:${groupText}, ` +
    `Extra:${extraText}} without impersonating a user name`
  );
}

function* wantedRights(user: User, headers: ImpersonationHeaders): Generator<Attributes> {
  const right = {
    user,
    verb: "impersonate",
    resourceRequest: true,
    group: "",
    version: "v1",
    resource: "users",
    subresource: "",
    namespace: "",
    name: headers.user,
    path: "",
  };
  const account = splitUsername(headers.user);
  yield account === undefined ? right : { ...right, resource: "serviceaccounts", ...account };
  for (const name of headers.groups) yield { ...right, resource: "groups", name };
  const own = { ...right, group: "authentication.k8s.io" };
  for (const [key, values] of Object.entries(headers.extra)) {
    for (const name of values) yield { ...own, resource: "userextras", subresource: key, name };
  }
  if (headers.uid !== "") yield { ...own, resource: "uids", name: headers.uid };
}

function impersonatedGroups({ user, groups }: ImpersonationHeaders): string[] {
  const account = splitUsername(user);
  const asked =
    groups.length === 0 && account !== undefined ? serviceAccountGroups(account.namespace) : groups;
  const unauthenticated = anonymousUser.groups[0] ?? "";
  if (user === anonymousUser.name) {
    return asked.includes(unauthenticated) ? [...asked] : [...asked, unauthenticated];
  }
  const said = asked.includes(authenticatedGroup) || asked.includes(unauthenticated);
  return said ? [...asked] : [...asked, authenticatedGroup];
}
