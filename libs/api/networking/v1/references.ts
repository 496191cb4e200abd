/** References to objects of any kind, by group, kind and name. */
import { dns1123SubdomainErrors, pathSegmentErrors } from "../../names.ts";
import { required, type FieldError } from "../../errors.ts";
import { invalidFor } from "../../validation/fields.ts";

interface Reference {
  readonly apiGroup?: string;
  readonly kind?: string;
  readonly name?: string;
}

export function validateReference(
  { apiGroup, kind = "", name = "" }: Reference,
  path: string,
): FieldError[] {
  return [
    ...(apiGroup === undefined || apiGroup === null
      ? []
      : invalidFor(`${path}.apiGroup`, apiGroup, dns1123SubdomainErrors(apiGroup))),
    ...segmentField(`${path}.kind`, kind),
    ...segmentField(`${path}.name`, name),
  ];
}

/** Something that stands in a URL path. */
export function segmentField(path: string, value: string): FieldError[] {
  return value === "" ? [required(path, "")] : invalidFor(path, value, pathSegmentErrors(value));
}
