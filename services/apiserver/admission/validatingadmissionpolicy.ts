/** Policies that are written as expressions: they deny, warn or are audited. */
import { StatusError } from "#libs/api/errors.ts";
import { admissionEnvironment } from "#libs/cel/admission.ts";
import { CelError, isError } from "#libs/cel/values/value.ts";
import type {
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  Validation,
} from "#proto/gen/k8s/admissionregistration/v1.ts";
import type { Authorizer } from "../auth/authorize.ts";
import type { AdmissionPlugin, AdmissionReader, AdmissionRequest } from "./plugin.ts";
import { boundPolicies } from "./policy/bound.ts";
import {
  type Budget,
  BudgetSpent,
  composedOf,
  errorText,
  evaluate,
  matchConditions,
  type Ready,
  ready,
  readyConditions,
  requestCostMax,
  withParameters,
} from "./policy/compiled.ts";
import { keptVersions } from "./policy/kept.ts";
import { isExempt } from "./policy/match.ts";
import { type FindKind, paramsOf } from "./policy/params.ts";
import { requestVariables, type Variables } from "./policy/variables.ts";

const policies = "validatingadmissionpolicies.admissionregistration.k8s.io";
const bindings = "validatingadmissionpolicybindings.admissionregistration.k8s.io";

interface Compiled {
  readonly conditions: readonly Ready[];
  readonly composed: ReadonlyMap<string, Ready>;
  readonly validations: readonly (readonly [Validation, Ready, Ready | undefined])[];
}

/** Something that a validation found. */
interface Finding {
  readonly policy: string;
  readonly binding: string;
  readonly actions: readonly string[];
  readonly message: string;
  readonly reason: string;
}

/** Evaluates every policy that is bound for the request. */
export function validatingAdmissionPolicy(
  authorizer: Authorizer,
  findKind: FindKind,
): AdmissionPlugin {
  const compiled = keptVersions<ValidatingAdmissionPolicy, Compiled>(compilePolicy);
  return {
    name: "ValidatingAdmissionPolicy",
    async validate(request, reader) {
      if (isExempt(request)) return [];
      const bound = boundPolicies<Bound>(policies, bindings, request, reader);
      if (bound.length === 0) return [];
      const environment = admissionEnvironment({ hasParams: true, hasAuthorizer: true });
      const variables = requestVariables(request, reader, authorizer, environment);
      const findings: Finding[] = [];
      const budget: Budget = { left: requestCostMax };
      for (const one of bound) {
        const work = { ...one, compiled: compiled(one.policy), variables, budget };
        findings.push(...(await findingsOf(work, request, reader, findKind)));
      }
      const denial = findings.find(({ actions }) => actions.includes("Deny"));
      if (denial) throw refusal(request, denial);
      return findings.filter(({ actions }) => actions.includes("Warn")).map(warningText);
    },
  };
}

type Bound = {
  readonly policy: ValidatingAdmissionPolicy;
  readonly binding: ValidatingAdmissionPolicyBinding;
};

interface Work extends Bound {
  readonly compiled: Compiled;
  readonly variables: Variables;
  readonly budget: Budget;
}

async function findingsOf(
  work: Work,
  request: AdmissionRequest,
  reader: AdmissionReader,
  findKind: FindKind,
): Promise<Finding[]> {
  const { policy, binding } = work;
  const { paramKind } = policy.spec ?? {};
  const given = await paramsOf(paramKind, binding.spec?.paramRef, request, reader, findKind);
  if (given.type === "Skipped") return [];
  if (given.type === "Failed") return failing(work, given.message);
  try {
    return given.params.flatMap((params) => evaluated(work, params));
  } catch (error) {
    if (!(error instanceof BudgetSpent)) throw error;
    return failing(work, budgetText);
  }
}

const budgetText =
  "validation failed due to running out of cost budget, " +
  "no further validation rules will be run";

/** What cannot be evaluated denies, unless the policy says to ignore it. */
const failing = ({ policy, binding }: Work, message: string): Finding[] =>
  policy.spec?.failurePolicy === "Ignore"
    ? []
    : [{ ...namesOf(policy, binding), actions: ["Deny"], message, reason: "Invalid" }];

const namesOf = (policy: ValidatingAdmissionPolicy, binding: ValidatingAdmissionPolicyBinding) => ({
  policy: policy.metadata?.name ?? "",
  binding: binding.metadata?.name ?? "",
});

function evaluated(work: Work, params: unknown): Finding[] {
  const { policy, binding, compiled, budget } = work;
  const variables = withParameters(work.variables, params, compiled.composed, budget);
  const matched = matchConditions(compiled.conditions, variables, budget);
  if (matched.type === "Skipped") return [];
  if (matched.type === "Failed") return failing(work, matched.message);
  const actions = binding.spec?.validationActions ?? [];
  const names = namesOf(policy, binding);
  return compiled.validations.flatMap(([validation, expression, worded]) => {
    const value = evaluate(expression, variables, budget);
    if (value === true) return [];
    if (isError(value)) {
      if (policy.spec?.failurePolicy === "Ignore") return [];
      return [{ ...names, actions, message: errorText(expression, value), reason: "Invalid" }];
    }
    const message = messageOf(validation, worded, variables, budget);
    return [{ ...names, actions, message, reason: validation.reason ?? "Invalid" }];
  });
}

/** Longer messages are not shown. */
const messageCharactersMax = 5_120;

function messageOf(
  { message = "", expression = "" }: Validation,
  worded: Ready | undefined,
  variables: Variables,
  budget: Budget,
): string {
  const value = worded ? evaluate(worded, variables, budget) : new CelError("");
  if (typeof value === "string") {
    const text = value.trim();
    if (text !== "" && text.length <= messageCharactersMax && !text.includes("\n")) return text;
  }
  return message.trim() === "" ? `failed expression: ${expression}` : message.trim();
}

const codes: Readonly<Record<string, number>> = {
  Unauthorized: 401,
  Forbidden: 403,
  RequestEntityTooLarge: 413,
  Invalid: 422,
};

function refusal(request: AdmissionRequest, finding: Finding): StatusError {
  const { policy, binding, message, reason } = finding;
  const { place, draft, old } = request;
  const { group, plural: kind } = place.definition;
  const name = (draft ?? old)?.metadata?.name ?? place.name;
  const said = `ValidatingAdmissionPolicy '${policy}' with binding '${binding}' denied request`;
  const text = `${said}: ${message}`;
  const resource = group === "" ? kind : `${kind}.${group}`;
  const whole = `${resource} ${JSON.stringify(name)} is forbidden: ${text}`;
  return new StatusError(codes[reason] ?? 422, reason, whole, {
    name,
    ...(group === "" ? {} : { group }),
    kind,
    causes: [{ message: text }],
  });
}

function warningText({ policy, binding, message }: Finding): string {
  const said = `Validation failed for ValidatingAdmissionPolicy '${policy}'`;
  return `${said} with binding '${binding}': ${message}`;
}

function compilePolicy({ spec = {} }: ValidatingAdmissionPolicy): Compiled {
  const hasParams = spec.paramKind !== undefined;
  const { composed, known } = composedOf(spec.variables ?? [], { hasParams });
  const place = { hasParams, variables: known };
  return {
    conditions: readyConditions(spec.matchConditions ?? [], hasParams),
    composed,
    validations: (spec.validations ?? []).map((validation) => {
      const { expression = "", messageExpression = "" } = validation;
      const worded = { type: "messageExpression", ...place, hasAuthorizer: false } as const;
      return [
        validation,
        ready(expression, { type: "validation", ...place, hasAuthorizer: true }),
        messageExpression === "" ? undefined : ready(messageExpression, worded),
      ] as const;
    }),
  };
}
