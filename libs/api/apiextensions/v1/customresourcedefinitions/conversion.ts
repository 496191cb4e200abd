/** How objects of one version become those of another. */
import type { CustomResourceConversion } from "#proto/gen/k8s/apiextensions/v1.ts";
import { forbidden, invalid, notSupported, required, type FieldError } from "../../../errors.ts";
import { dns1035LabelErrors } from "../../../names.ts";
import { webhookClientField } from "../../../validation/webhooks.ts";

const strategies = ["None", "Webhook"];
const reviewVersions = ["v1", "v1beta1"];

/** True for review versions among which the server finds one that it knows, and for none. */
export const hasKnownReview = (versions: readonly string[]): boolean =>
  versions.length === 0 || versions.some((version) => reviewVersions.includes(version));

/** Errors name the fields of Kubernetes' internal type. */
export function validateConversion(
  path: string,
  conversion: CustomResourceConversion,
  requiresKnownReview: boolean,
): FieldError[] {
  const { strategy = "", webhook = {} } = conversion;
  const { clientConfig } = webhook;
  // Go writes a list that was not given as null.
  const versions = webhook.conversionReviewVersions ?? [];
  const client = `${path}.webhookClientConfig`;
  const reviews = `${path}.conversionReviewVersions`;
  const errors = strategyField(`${path}.strategy`, strategy);
  if (strategy === "Webhook") {
    return [
      ...errors,
      ...(clientConfig === undefined
        ? [required(client, "required when strategy is set to Webhook")]
        : webhookClientField(client, clientConfig)),
      ...reviewFields(reviews, versions, requiresKnownReview),
    ];
  }
  const detail = "should not be set when strategy is not set to Webhook";
  if (clientConfig !== undefined) errors.push(forbidden(client, detail));
  if (versions.length > 0) errors.push(forbidden(reviews, detail));
  return errors;
}

function strategyField(path: string, strategy: string): FieldError[] {
  if (strategy === "") return [required(path, "")];
  return strategies.includes(strategy) ? [] : [notSupported(path, strategy, strategies)];
}

function reviewFields(
  path: string,
  versions: readonly string[],
  requiresKnown: boolean,
): FieldError[] {
  if (versions.length === 0) return [required(path, "")];
  const errors = versions.flatMap((version, index) => {
    const at = `${path}[${index}]`;
    if (versions.indexOf(version) < index) return [invalid(at, version, "duplicate version")];
    return dns1035LabelErrors(version).map((text) => invalid(at, version, text));
  });
  if (!requiresKnown || hasKnownReview(versions)) return errors;
  const detail = `must include at least one of ${reviewVersions.join(", ")}`;
  return [...errors, invalid(path, versions, detail)];
}
