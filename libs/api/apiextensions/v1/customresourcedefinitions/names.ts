/** Names of a defined resource. */
import type { CustomResourceDefinitionNames } from "#proto/gen/k8s/apiextensions/v1.ts";
import { invalid, required, type FieldError } from "../../../errors.ts";
import { dns1035LabelErrors } from "../../../names.ts";

/** Names that have to be there in a spec; a status may have none. */
export function requiredNames(path: string, names: CustomResourceDefinitionNames): FieldError[] {
  return (["plural", "singular", "kind", "listKind"] as const)
    .filter((name) => !names[name])
    .map((name) => required(`${path}.${name}`, ""));
}

export function validateNames(path: string, names: CustomResourceDefinitionNames): FieldError[] {
  const { plural = "", singular = "", kind = "", listKind = "" } = names;
  const { shortNames = [], categories = [] } = names;
  const errors = [
    ...labelField(`${path}.plural`, plural),
    ...labelField(`${path}.singular`, singular),
    ...kindField(`${path}.kind`, kind),
    ...kindField(`${path}.listKind`, listKind),
    ...shortNames.flatMap((name, index) => labelErrors(`${path}.shortNames[${index}]`, name)),
  ];
  if (kind !== "" && kind === listKind) {
    const detail = "kind and listKind may not be the same";
    errors.push(invalid(`${path}.listKind`, listKind, detail));
  }
  const inCategories = categories.flatMap((name, index) =>
    labelErrors(`${path}.categories[${index}]`, name),
  );
  return [...errors, ...inCategories];
}

const labelField = (path: string, name: string): FieldError[] =>
  name === "" ? [] : labelErrors(path, name);

/** One error of a name, which tells all that is wrong. */
export function labelErrors(path: string, name: string): FieldError[] {
  const texts = dns1035LabelErrors(name);
  return texts.length === 0 ? [] : [invalid(path, name, texts.join(","))];
}

function kindField(path: string, kind: string): FieldError[] {
  const texts = kind === "" ? [] : dns1035LabelErrors(kind.toLowerCase());
  if (texts.length === 0) return [];
  const detail = `may have mixed case, but should otherwise match: ${texts.join(",")}`;
  return [invalid(path, kind, detail)];
}
