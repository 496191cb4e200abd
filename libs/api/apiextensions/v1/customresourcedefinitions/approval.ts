/** Groups of the Kubernetes community need an approval, as an annotation. */
import { invalid, required, type FieldError } from "../../../errors.ts";

const annotation = "api-approved.kubernetes.io";
const explanation = "see https://github.com/kubernetes/enhancements/pull/1111";

type Annotations = Readonly<Record<string, string>>;
type State = "missing" | "bypassed" | "approved" | "invalid";

const isProtected = (group: string): boolean =>
  ["k8s.io", "kubernetes.io"].some((domain) => group === domain || group.endsWith(`.${domain}`));

function stateOf({ [annotation]: value = "" }: Annotations): State {
  if (value === "") return "missing";
  if (value.startsWith("unapproved")) return "bypassed";
  return /^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/[^/\s]+/.test(value) ? "approved" : "invalid";
}

/** `old`: the annotations before, undefined on create; what did not change is left alone. */
export function approvalField(
  group: string,
  annotations: Annotations,
  old: Annotations | undefined,
): FieldError[] {
  if (!isProtected(group)) return [];
  const state = stateOf(annotations);
  if (old !== undefined && stateOf(old) === state) return [];
  const path = `metadata.annotations[${annotation}]`;
  const asked = `protected groups must have approval annotation "${annotation}"`;
  switch (state) {
    case "missing":
      return [required(path, `${asked}, ${explanation}`)];
    case "invalid": {
      const detail = `${asked} with either a URL or a reason starting with "unapproved"`;
      return [invalid(path, annotations[annotation], `${detail}, ${explanation}`)];
    }
    case "bypassed":
    case "approved":
      return [];
  }
}
