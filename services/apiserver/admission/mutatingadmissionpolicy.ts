/** Policies that change what is written, by expressions: apply configurations and JSON patches. */
import { StatusError } from "#libs/api/errors.ts";
import { mergeObjects } from "#libs/api/managedfields/merge.ts";
import { shapeOf } from "#libs/api/managedfields/shape.ts";
import { applyJsonPatch } from "#libs/api/patch/json.ts";
import type { KubeObject, ResourceDefinition } from "#libs/api/resource.ts";
import { admissionEnvironment } from "#libs/cel/admission.ts";
import { toJson } from "#libs/cel/values/json.ts";
import { CelList, CelObject, isError, type Value } from "#libs/cel/values/value.ts";
import { schemaOf } from "#libs/schema/index.ts";
import type {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  Mutation,
} from "#proto/gen/k8s/admissionregistration/v1.ts";
import type { Authorizer } from "../auth/authorize.ts";
import type { AdmissionPlugin, AdmissionReader, AdmissionRequest } from "./plugin.ts";
import { boundPolicies } from "./policy/bound.ts";
import {
  type Budget,
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
import { isExempt, typed } from "./policy/match.ts";
import { type FindKind, paramsOf } from "./policy/params.ts";
import { requestVariables } from "./policy/variables.ts";

const policies = "mutatingadmissionpolicies.admissionregistration.k8s.io";
const bindings = "mutatingadmissionpolicybindings.admissionregistration.k8s.io";

type Bound = {
  readonly policy: MutatingAdmissionPolicy;
  readonly binding: MutatingAdmissionPolicyBinding;
};

interface Compiled {
  readonly conditions: readonly Ready[];
  readonly composed: ReadonlyMap<string, Ready>;
  readonly mutations: readonly (readonly [Mutation, Ready])[];
}

/** Runs every bound policy once, and those that ask for it again when a later one changed more. */
export function mutatingAdmissionPolicy(
  authorizer: Authorizer,
  findKind: FindKind,
): AdmissionPlugin {
  const compiled = keptVersions<MutatingAdmissionPolicy, Compiled>(compilePolicy);
  return {
    name: "MutatingAdmissionPolicy",
    async mutate(request, reader) {
      const { draft } = request;
      if (!draft || request.operation === "delete" || isExempt(request)) return;
      const bound = boundPolicies<Bound>(policies, bindings, request, reader);
      if (bound.length === 0) return;
      const budget: Budget = { left: requestCostMax };
      const run = async (one: Bound): Promise<boolean> => {
        const before = JSON.stringify(draft);
        const work = { ...one, compiled: compiled(one.policy), budget, authorizer, findKind };
        await mutated(work, request, reader);
        return JSON.stringify(draft) !== before;
      };
      let lastChange = -1;
      for (const [index, one] of bound.entries()) if (await run(one)) lastChange = index;
      for (const [index, one] of bound.entries()) {
        const again = one.policy.spec?.reinvocationPolicy === "IfNeeded";
        if (again && index < lastChange) await run(one);
      }
    },
  };
}

interface Work extends Bound {
  readonly compiled: Compiled;
  readonly budget: Budget;
  readonly authorizer: Authorizer;
  readonly findKind: FindKind;
}

async function mutated(work: Work, request: AdmissionRequest, reader: AdmissionReader) {
  const { policy, binding, compiled } = work;
  const { paramKind, failurePolicy } = policy.spec ?? {};
  const { paramRef } = binding.spec ?? {};
  const given = await paramsOf(paramKind, paramRef, request, reader, work.findKind);
  if (given.type === "Skipped") return;
  const fail = (message: string) => {
    if (failurePolicy !== "Ignore") throw refusal(request, work, message);
  };
  if (given.type === "Failed") return fail(given.message);
  for (const params of given.params) {
    const variables = variablesOf(work, params, request, reader);
    const matched = matchConditions(compiled.conditions, variables(), work.budget);
    if (matched.type === "Failed") return fail(matched.message);
    if (matched.type === "Skipped") continue;
    for (const [mutation, expression] of compiled.mutations) {
      // Each mutation sees what those before it did.
      const value = evaluate(expression, variables(), work.budget);
      const problem = isError(value)
        ? errorText(expression, value)
        : applied(mutation, value, request);
      if (problem !== undefined) return fail(problem);
    }
  }
}

const variablesOf =
  (
    { compiled, budget, authorizer }: Work,
    params: unknown,
    request: AdmissionRequest,
    reader: AdmissionReader,
  ) =>
  () => {
    const place = { hasParams: true, hasAuthorizer: true, hasPatchTypes: true };
    const environment = admissionEnvironment(place);
    const variables = requestVariables(request, reader, authorizer, environment);
    return withParameters(variables, params, compiled.composed, budget);
  };

/** Changes the draft in place; what went wrong, in words. */
function applied(mutation: Mutation, value: Value, request: AdmissionRequest): string | undefined {
  const { draft, place } = request;
  if (!draft) return undefined;
  try {
    const changed =
      mutation.patchType === "JSONPatch"
        ? patched(typed(request, draft), value)
        : merged(place.definition, typed(request, draft), value);
    replaceContent(draft, changed);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function merged(definition: ResourceDefinition, object: KubeObject, value: Value): KubeObject {
  const configuration = { ...(toJson(value) as object) };
  return mergeObjects(shapeOf(schemaOf(definition.message)), object, configuration) as KubeObject;
}

function patched(object: KubeObject, value: Value): KubeObject {
  if (!(value instanceof CelList)) throw new Error("JSON Patch: the expression made no list");
  const operations = [...value].map((operation) => {
    if (operation instanceof CelObject) return toJson(operation);
    throw new Error("JSON Patch: an element is no JSONPatch");
  });
  const copy = structuredClone(object) as unknown as Record<string, unknown>;
  return applyJsonPatch(copy, operations) as KubeObject;
}

function replaceContent(draft: KubeObject, { ...changed }: KubeObject): void {
  const target = draft as unknown as Record<string, unknown>;
  const source = changed as unknown as Record<string, unknown>;
  // The type stands on the draft only where it stood before.
  for (const key of ["apiVersion", "kind"]) if (!Object.hasOwn(target, key)) delete source[key];
  for (const key of Object.keys(target)) if (!Object.hasOwn(source, key)) delete target[key];
  Object.assign(target, source);
}

function refusal(
  { place, draft }: AdmissionRequest,
  { policy, binding }: Bound,
  message: string,
): StatusError {
  const { group, plural: kind } = place.definition;
  const [name, by] = [policy.metadata?.name, binding.metadata?.name];
  const text = `policy '${name}' with binding '${by}' denied request: ${message}`;
  return new StatusError(403, "Invalid", text, {
    name: draft?.metadata?.name ?? place.name,
    ...(group === "" ? {} : { group }),
    kind,
    causes: [{ message: text }],
  });
}

function compilePolicy({ spec = {} }: MutatingAdmissionPolicy): Compiled {
  const hasParams = spec.paramKind !== undefined;
  const surroundings = { hasParams, hasPatchTypes: true };
  const { composed, known } = composedOf(spec.variables ?? [], surroundings);
  const place = { ...surroundings, hasAuthorizer: true, variables: known };
  return {
    conditions: readyConditions(spec.matchConditions ?? [], hasParams),
    composed,
    mutations: (spec.mutations ?? []).map((mutation) => {
      const { patchType, jsonPatch, applyConfiguration } = mutation;
      const isPatch = patchType === "JSONPatch";
      const text = (isPatch ? jsonPatch : applyConfiguration)?.expression ?? "";
      const type = isPatch ? "jsonPatch" : "applyConfiguration";
      return [mutation, ready(text, { type, ...place })] as const;
    }),
  };
}
