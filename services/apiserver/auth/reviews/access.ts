/** authorization.k8s.io: may this user do that? */
import { invalid, invalidObject, type FieldError } from "#libs/api/errors.ts";
import type { Attributes, Authorizer } from "../authorize.ts";
import type { User } from "../user.ts";
import type { Review, ReviewRequest } from "./review.ts";
import { selectorErrors, type Selectors } from "./selectors.ts";

interface ResourceAttributes extends Selectors {
  readonly namespace?: string;
  readonly verb?: string;
  readonly group?: string;
  readonly version?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly name?: string;
}

interface NonResourceAttributes {
  readonly path?: string;
  readonly verb?: string;
}

interface Spec {
  readonly user?: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
  readonly resourceAttributes?: ResourceAttributes;
  readonly nonResourceAttributes?: NonResourceAttributes;
}

const apiVersion = "authorization.k8s.io/v1";
const version = { group: "authorization.k8s.io", version: "v1" } as const;

/** `kubectl auth can-i` asks about the caller; the others about anybody. */
export function accessReviews(authorizer: Authorizer): readonly Review[] {
  return [
    {
      ...version,
      kind: "LocalSubjectAccessReview",
      plural: "localsubjectaccessreviews",
      singular: "localsubjectaccessreview",
      scope: "Namespaced",
      answer: (request) => answerLocal(authorizer, request),
    },
    {
      ...version,
      kind: "SelfSubjectAccessReview",
      plural: "selfsubjectaccessreviews",
      singular: "selfsubjectaccessreview",
      scope: "Cluster",
      answer: (request) =>
        answer(authorizer, "SelfSubjectAccessReview", request, request.user, selfErrors),
    },
    {
      ...version,
      kind: "SubjectAccessReview",
      plural: "subjectaccessreviews",
      singular: "subjectaccessreview",
      scope: "Cluster",
      answer: (request) =>
        answer(authorizer, "SubjectAccessReview", request, subjectOf(request), subjectErrors),
    },
  ];
}

const specOf = ({ value }: ReviewRequest): Spec => (value["spec"] as Spec | undefined) ?? {};

function subjectOf(request: ReviewRequest): User {
  const { user = "", uid, groups = [], extra } = specOf(request);
  return { name: user, groups, ...(uid ? { uid } : {}), ...(extra ? { extra } : {}) };
}

async function answerLocal(authorizer: Authorizer, request: ReviewRequest): Promise<object> {
  const spec = specOf(request);
  const errors: FieldError[] = [];
  if (spec.nonResourceAttributes !== undefined) {
    const { path = "", verb = "" } = spec.nonResourceAttributes;
    const value = { Path: path, Verb: verb };
    const detail = "disallowed on this kind of request";
    errors.push(invalid("spec.nonResourceAttributes", value, detail));
  } else if ((spec.resourceAttributes?.namespace ?? "") !== request.namespace) {
    const field = "spec.resourceAttributes.namespace";
    const namespace = spec.resourceAttributes?.namespace ?? "";
    errors.push(invalid(field, namespace, "must match metadata.namespace"));
  }
  refuse(errors);
  const kind = "LocalSubjectAccessReview";
  return answer(authorizer, kind, request, subjectOf(request), subjectErrors);
}

async function answer(
  authorizer: Authorizer,
  kind: string,
  request: ReviewRequest,
  user: User,
  check: (spec: Spec) => FieldError[],
): Promise<object> {
  const spec = specOf(request);
  refuse(check(spec));
  const { decision, reason } = await authorizer(attributesOf(user, spec));
  const metadata = {
    ...(request.value["metadata"] as object | undefined),
    ...(request.namespace === "" ? {} : { namespace: request.namespace }),
  };
  const status = {
    allowed: decision === "allow",
    ...(decision === "deny" ? { denied: true } : {}),
    ...(reason === "" ? {} : { reason }),
  };
  return { kind, apiVersion, metadata, spec, status };
}

/** The error's kind is left empty, as Kubernetes does. */
function refuse(errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalidObject({ group: version.group, name: "" }, "", errors);
}

function selfErrors(spec: Spec): FieldError[] {
  const { resourceAttributes, nonResourceAttributes } = spec;
  if (resourceAttributes !== undefined && nonResourceAttributes !== undefined) {
    const detail = "cannot be specified in combination with resourceAttributes";
    const { path = "", verb = "" } = nonResourceAttributes;
    return [invalid("spec.nonResourceAttributes", { Path: path, Verb: verb }, detail)];
  }
  if (resourceAttributes === undefined && nonResourceAttributes === undefined) {
    const detail = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
    return [invalid("spec.resourceAttributes", null, detail)];
  }
  return resourceAttributes === undefined ? [] : selectorErrors(resourceAttributes);
}

function subjectErrors(spec: Spec): FieldError[] {
  const errors = selfErrors(spec);
  if ((spec.user ?? "") === "" && (spec.groups ?? []).length === 0) {
    errors.push(invalid("spec.user", "", "at least one of user or group must be specified"));
  }
  return errors;
}

function attributesOf(user: User, spec: Spec): Attributes {
  const { resourceAttributes: resource, nonResourceAttributes: path } = spec;
  return {
    user,
    verb: resource?.verb ?? path?.verb ?? "",
    resourceRequest: resource !== undefined,
    group: resource?.group ?? "",
    version: resource?.version ?? "",
    resource: resource?.resource ?? "",
    subresource: resource?.subresource ?? "",
    namespace: resource?.namespace ?? "",
    name: resource?.name ?? "",
    path: path?.path ?? "",
  };
}
