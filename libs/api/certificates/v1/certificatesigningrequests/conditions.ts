/** Conditions of certificate requests: who may set which, and when they were set. */
import type {
  CertificateSigningRequest,
  CertificateSigningRequestCondition,
} from "#proto/gen/k8s/certificates/v1.ts";
import {
  duplicate,
  forbidden,
  invalid,
  notSupported,
  required,
  type FieldError,
} from "../../../errors.ts";
import { timeText } from "../../../time.ts";

type Conditions = readonly CertificateSigningRequestCondition[];

const path = "status.conditions";
const approvalTypes = ["Approved", "Denied"];
/** Once set these stay, and are never false. */
const lastingTypes = [...approvalTypes, "Failed"];
const statuses = ["False", "True", "Unknown"];

export const conditionsOf = (request: CertificateSigningRequest): Conditions =>
  request.status?.conditions ?? [];

const ofType = (conditions: Conditions, type: string) =>
  conditions.filter((condition) => condition.type === type);

const hasRepeated = (conditions: Conditions): boolean =>
  new Set(conditions.map(({ type = "" }) => type)).size < conditions.length;

const isContradictory = (conditions: Conditions): boolean =>
  approvalTypes.every((type) => ofType(conditions, type).length > 0);

/** What old objects have already may stay. */
export function validateConditions(conditions: Conditions, old: Conditions): FieldError[] {
  const mayRepeat = hasRepeated(old);
  const mayContradict = isContradictory(old);
  const mayBeNameless = ofType(old, "").length > 0;
  const seen = new Set<string>();
  const errors: FieldError[] = [];
  for (const [index, { type = "", status = "" }] of conditions.entries()) {
    const at = `${path}[${index}]`;
    const allowed = lastingTypes.includes(type) ? ["True"] : statuses;
    if (type === "" && !mayBeNameless) errors.push(required(`${at}.type`, ""));
    if (status === "") errors.push(required(`${at}.status`, ""));
    else if (!allowed.includes(status)) {
      errors.push(notSupported(`${at}.status`, status, allowed));
    }
    const opposite = approvalTypes.find((other) => other !== type) ?? "";
    if (!mayContradict && approvalTypes.includes(type) && seen.has(opposite)) {
      const detail = "Approved and Denied conditions are mutually exclusive";
      errors.push(invalid(path, type, detail));
    }
    if (!mayRepeat && seen.has(type)) errors.push(duplicate(`${at}.type`, type));
    seen.add(type);
  }
  return errors;
}

/** Conditions that are missing, or came by a way that may not bring them. */
export function validateConditionChanges(
  conditions: Conditions,
  old: Conditions,
  { mayApprove }: { readonly mayApprove: boolean },
): FieldError[] {
  const more = (type: string) => ofType(conditions, type).length - ofType(old, type).length;
  const missing = lastingTypes.filter((type) => more(type) < 0);
  const added = mayApprove ? [] : approvalTypes.filter((type) => more(type) > 0);
  return [
    ...missing.map((type) =>
      forbidden(path, `updates may not remove a condition of type "${type}"`),
    ),
    ...added.map((type) => forbidden(path, `updates may not add a condition of type "${type}"`)),
  ];
}

/** `conditions` with the verdicts as they were, unless there are more or fewer. */
export function withOldVerdicts(conditions: Conditions, old: Conditions): Conditions {
  const kept = new Map(
    approvalTypes.flatMap((type) => {
      const olds = ofType(old, type);
      return olds.length === ofType(conditions, type).length ? [[type, [...olds]]] : [];
    }),
  );
  return conditions.map((condition) => kept.get(condition.type ?? "")?.shift() ?? condition);
}

/** `conditions` with the times that are missing. */
export function withTimes(
  conditions: Conditions,
  old: Conditions,
  now: number,
): CertificateSigningRequestCondition[] {
  const text = timeText(now);
  return conditions.map((condition) => {
    const same = old.find(
      ({ type, status, lastTransitionTime }) =>
        type === condition.type && status === condition.status && Boolean(lastTransitionTime),
    );
    return {
      ...condition,
      lastUpdateTime: condition.lastUpdateTime ?? text,
      lastTransitionTime: condition.lastTransitionTime ?? same?.lastTransitionTime ?? text,
    };
  });
}
