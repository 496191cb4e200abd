/** What validating and mutating webhooks have in common. */
import type { MutatingWebhook } from "#proto/gen/k8s/admissionregistration/v1.ts";
import { semanticEqual } from "../../equality.ts";
import { duplicate, invalid, notSupported, required, type FieldError } from "../../errors.ts";
import { dns1035LabelErrors, dns1123SubdomainErrors } from "../../names.ts";
import { invalidFor, optionalWordField } from "../../validation/fields.ts";
import { validateLabelSelector } from "../../validation/selectors.ts";
import { webhookClientField } from "../../validation/webhooks.ts";
import { validateMatchConditions } from "./matchconditions.ts";
import { defaultRule, matchPolicies, validateRule } from "./rules.ts";

/** A validating webhook is a mutating one without its reinvocation. */
type Webhook = MutatingWebhook;

const timeoutSecondsDefault = 10;
const timeoutSecondsMax = 30;
const portDefault = 443;

/** Fills what a webhook leaves open, in place. */
export function defaultWebhook(webhook: Webhook): void {
  webhook.failurePolicy ??= "Fail";
  webhook.matchPolicy ??= "Equivalent";
  webhook.namespaceSelector ??= {};
  webhook.objectSelector ??= {};
  webhook.timeoutSeconds ??= timeoutSecondsDefault;
  webhook.rules?.forEach(defaultRule);
  const service = webhook.clientConfig?.service;
  if (service !== undefined) service.port ??= portDefault;
}

/** What of the stored webhooks lets an update say more than a new object may. */
interface Leniency {
  readonly sideEffects: boolean;
  readonly reviewVersions: boolean;
  readonly repeatedNames: boolean;
  readonly matchConditions: boolean;
}

const strict: Leniency = {
  sideEffects: false,
  reviewVersions: false,
  repeatedNames: false,
  matchConditions: false,
};

/** What is wrong with the webhooks of a configuration. `old`: those that are stored. */
export function validateWebhooks(
  webhooks: readonly Webhook[] = [],
  old?: readonly Webhook[],
): FieldError[] {
  const lenient = old === undefined ? strict : leniencyOf(webhooks, old);
  const names = new Set<string>();
  return webhooks.flatMap((webhook, index) => {
    const path = `webhooks[${index}]`;
    const { name = "" } = webhook;
    const isRepeated = !lenient.repeatedNames && name !== "" && names.has(name);
    names.add(name);
    return [
      ...validateWebhook(webhook, lenient, path),
      ...validateReviewVersions(
        webhook.admissionReviewVersions ?? [],
        lenient,
        `${path}.admissionReviewVersions`,
      ),
      ...(isRepeated ? [duplicate(`${path}.name`, name)] : []),
    ];
  });
}

function leniencyOf(webhooks: readonly Webhook[], old: readonly Webhook[]): Leniency {
  const names = old.map(({ name }) => name ?? "");
  const sameConditions =
    webhooks.length === old.length &&
    webhooks.every(({ matchConditions }, index) =>
      semanticEqual(matchConditions, old[index]?.matchConditions),
    );
  return {
    sideEffects: old.some(({ sideEffects = "" }) => !harmless.includes(sideEffects)),
    reviewVersions: old.some(({ admissionReviewVersions: versions }) => {
      const given = versions ?? [];
      return given.length > 0 && !given.some((version) => reviewVersions.includes(version));
    }),
    repeatedNames: new Set(names).size < names.length,
    matchConditions: sameConditions,
  };
}

const failurePolicies = ["Fail", "Ignore"];
const harmless = ["None", "NoneOnDryRun"];
const allSideEffects = ["None", "NoneOnDryRun", "Some", "Unknown"];
const reinvocationPolicies = ["IfNeeded", "Never"];

function validateWebhook(webhook: Webhook, lenient: Leniency, path: string): FieldError[] {
  const { rules = [], timeoutSeconds: timeout, clientConfig = {} } = webhook;
  const isTimeoutBad = timeout !== undefined && (timeout > timeoutSecondsMax || timeout < 1);
  const timeoutText = "the timeout value must be between 1 and 30 seconds";
  return [
    ...qualifiedDomainField(`${path}.name`, webhook.name ?? ""),
    ...rules.flatMap((rule, index) => validateRule(rule, `${path}.rules[${index}]`)),
    ...optionalWordField(`${path}.failurePolicy`, webhook.failurePolicy, failurePolicies),
    ...optionalWordField(`${path}.matchPolicy`, webhook.matchPolicy, matchPolicies),
    ...validateSideEffects(webhook.sideEffects, lenient, `${path}.sideEffects`),
    ...(isTimeoutBad ? [invalid(`${path}.timeoutSeconds`, timeout, timeoutText)] : []),
    ...validateLabelSelector(webhook.namespaceSelector, `${path}.namespaceSelector`),
    ...validateLabelSelector(webhook.objectSelector, `${path}.objectSelector`),
    ...optionalWordField(
      `${path}.reinvocationPolicy`,
      webhook.reinvocationPolicy,
      reinvocationPolicies,
    ),
    ...webhookClientField(`${path}.clientConfig`, clientConfig),
    ...(lenient.matchConditions
      ? []
      : validateMatchConditions(
          webhook.matchConditions,
          { hasParams: false },
          `${path}.matchConditions`,
        )),
  ];
}

/** A domain of three parts at least. */
function qualifiedDomainField(path: string, name: string): FieldError[] {
  if (name === "") return [required(path, "")];
  const texts = dns1123SubdomainErrors(name);
  if (texts.length > 0) return [invalid(path, name, texts.join(","))];
  if (name.split(".").length >= 3) return [];
  const detail = "should be a domain with at least three segments separated by dots";
  return [invalid(path, name, detail)];
}

function validateSideEffects(
  sideEffects: string | null | undefined,
  lenient: Leniency,
  path: string,
): FieldError[] {
  const words = lenient.sideEffects ? allSideEffects : harmless;
  if (sideEffects === undefined || sideEffects === null) {
    return [required(path, `must specify one of ${words.join(", ")}`)];
  }
  return words.includes(sideEffects) ? [] : [notSupported(path, sideEffects, words)];
}

/** Versions of AdmissionReview that an API server sends. */
const reviewVersions = ["v1", "v1beta1"];

function validateReviewVersions(
  versions: readonly string[],
  lenient: Leniency,
  path: string,
): FieldError[] {
  const words = reviewVersions.join(", ");
  if (versions.length === 0) return [required(path, `must specify one of ${words}`)];
  const errors = versions.flatMap((version, index) => {
    const at = `${path}[${index}]`;
    if (versions.indexOf(version) < index) return [invalid(at, version, "duplicate version")];
    return invalidFor(at, version, dns1035LabelErrors(version));
  });
  const isKnown = versions.some((version) => reviewVersions.includes(version));
  if (lenient.reviewVersions || isKnown) return errors;
  return [...errors, invalid(path, versions, `must include at least one of ${words}`)];
}
