/** Questions to the authorizer: may the one who asks, or a service account, do something? */
import { bool, type CelType, opaqueOf, string } from "../celtype.ts";
import { declare, type FunctionDeclaration, global, member } from "../environment.ts";
import { CelError, Opaque, type Value } from "../values/value.ts";

/** A path that is not of a resource, or a resource. */
export interface AuthorizerQuestion {
  /** Undefined: who made the request that is looked at. */
  readonly serviceAccount?: { readonly namespace: string; readonly name: string };
  readonly verb: string;
  readonly path?: string;
  readonly group?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
}

export interface AuthorizerAnswer {
  readonly allowed: boolean;
  readonly reason: string;
  /** Empty when the question could be answered. */
  readonly error: string;
}

export type Ask = (question: AuthorizerQuestion) => AuthorizerAnswer;

export const authorizer: CelType = opaqueOf("kubernetes.authorization.Authorizer");
const pathCheck = opaqueOf("kubernetes.authorization.PathCheck");
const groupCheck = opaqueOf("kubernetes.authorization.GroupCheck");
const resourceCheck = opaqueOf("kubernetes.authorization.ResourceCheck");
const decision = opaqueOf("kubernetes.authorization.Decision");

type Half = Omit<AuthorizerQuestion, "verb">;

/** A question as far as it was put together. */
class Check extends Opaque {
  readonly typeName: string;
  readonly ask: Ask;
  readonly half: Half;

  constructor({ kind, name }: CelType & { name?: string }, ask: Ask, half: Half) {
    super();
    this.typeName = name ?? kind;
    this.ask = ask;
    this.half = half;
  }

  get key(): string {
    return JSON.stringify(this.half);
  }

  /** The same with more said. */
  with(type: CelType, more: Half): Check {
    return new Check(type, this.ask, { ...this.half, ...more });
  }
}

class Decision extends Opaque {
  readonly typeName = "kubernetes.authorization.Decision";
  readonly answer: AuthorizerAnswer;

  constructor(answer: AuthorizerAnswer) {
    super();
    this.answer = answer;
  }

  get key(): string {
    return JSON.stringify(this.answer);
  }
}

/** The `authorizer` variable. */
export const authorizerValue = (ask: Ask): Value => new Check(authorizer, ask, {});

/** `authorizer.requestResource`: a check of what the request is about. */
export const requestResourceValue = (ask: Ask, about: Half): Value =>
  new Check(resourceCheck, ask, about);

export const requestResourceType: CelType = resourceCheck;

const label = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;
const labelMax = 63;
const nameMax = 253;

function ofServiceAccount(check: Check, namespace: string, name: string): Value {
  const isName = name.length <= nameMax && name.split(".").every((part) => label.test(part));
  if (!isName) return new CelError("Invalid service account name");
  if (namespace.length > labelMax || !label.test(namespace)) {
    return new CelError("Invalid service account namespace");
  }
  return check.with(authorizer, { serviceAccount: { namespace, name } });
}

/** A part of the question that must not be blank. */
const needed =
  (what: "path" | "resource", type: CelType) =>
  (check: Check, text: string): Value =>
    text.trim() === ""
      ? new CelError(`${what} must not be empty`)
      : check.with(type, { [what]: text });

const about = (name: keyof Half, id: string) =>
  declare(
    name,
    member(id, [resourceCheck, string], resourceCheck, (check: Check, text: string) =>
      check.with(resourceCheck, { [name]: text }),
    ),
  );

const decide = (check: Check, verb: string): Value =>
  new Decision(check.ask({ ...check.half, verb }));

const tell = (name: string, type: CelType, of: (answer: AuthorizerAnswer) => Value) =>
  declare(
    name,
    member(`decision_${name}`, [decision], type, (made: Decision) => of(made.answer)),
  );

export const authorization: readonly FunctionDeclaration[] = [
  declare(
    "path",
    member("authorizer_path", [authorizer, string], pathCheck, needed("path", pathCheck)),
  ),
  declare(
    "group",
    member("authorizer_group", [authorizer, string], groupCheck, (check: Check, group: string) =>
      check.with(groupCheck, { group }),
    ),
  ),
  declare(
    "serviceAccount",
    member("authorizer_serviceaccount", [authorizer, string, string], authorizer, ofServiceAccount),
  ),
  declare(
    "resource",
    member(
      "groupcheck_resource",
      [groupCheck, string],
      resourceCheck,
      needed("resource", resourceCheck),
    ),
  ),
  about("subresource", "resourcecheck_subresource"),
  about("namespace", "resourcecheck_namespace"),
  about("name", "resourcecheck_name"),
  about("fieldSelector", "authorizer_fieldselector"),
  about("labelSelector", "authorizer_labelselector"),
  declare(
    "check",
    member("pathcheck_check", [pathCheck, string], decision, decide),
    member("resourcecheck_check", [resourceCheck, string], decision, decide),
  ),
  tell("allowed", bool, ({ allowed }) => allowed),
  tell("reason", string, ({ reason }) => reason),
  tell("errored", bool, ({ error }) => error !== ""),
  tell("error", string, ({ error }) => error),
];

/** JSON patches that an expression makes escape the keys of their paths with this. */
export const jsonPatch: readonly FunctionDeclaration[] = [
  declare(
    "jsonpatch.escapeKey",
    global("string_jsonpatch_escapeKey_string", [string], string, (key: string) =>
      key.replaceAll("~", "~0").replaceAll("/", "~1"),
    ),
  ),
];
