/** Kubernetes' named formats of texts. */
import { type CelType, listOf, opaqueOf, optionalOf, string } from "../celtype.ts";
import { declare, type FunctionDeclaration, global, member } from "../environment.ts";
import {
  dns1035LabelErrors,
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  labelValueErrors,
  qualifiedNameErrors,
} from "../../api/names.ts";
import { ArrayList, Opaque, Optional, type Value } from "../values/value.ts";

const format: CelType = opaqueOf("kubernetes.NamedFormat");

type Validate = (text: string) => readonly string[];

class FormatValue extends Opaque {
  readonly typeName = "kubernetes.NamedFormat";
  readonly key: string;
  readonly validate: Validate;

  constructor(name: string, validate: Validate) {
    super();
    this.key = name;
    this.validate = validate;
  }
}

/** What stands in front of a generated name may end in a dash. */
const prefix =
  (validate: Validate): Validate =>
  (text) =>
    validate(text.endsWith("-") && text.length > 1 ? `${text.slice(0, -1)}a` : text);

const matching =
  (pattern: RegExp, fault: string): Validate =>
  (text) =>
    pattern.test(text) ? [] : [fault];

const uuid = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const dateTime = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[+-]\d\d:?\d\d)?$/;
const isDate: Validate = (text) =>
  /^\d{4}-\d\d-\d\d$/.test(text) && isDay(text) ? [] : ["invalid date"];
const isDay = (text: string) => {
  const milliseconds = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(milliseconds) && new Date(milliseconds).toISOString().startsWith(text);
};
const uri: Validate = (text) => {
  const isAbsolute = /^[A-Za-z][A-Za-z0-9+.-]*:./.test(text) || text.startsWith("/");
  return isAbsolute ? [] : [`parse ${JSON.stringify(text)}: invalid URI for request`];
};

const formats: readonly (readonly [string, string, Validate])[] = [
  ["dns1123Label", "DNS1123Label", dns1123LabelErrors],
  ["dns1123Subdomain", "DNS1123Subdomain", dns1123SubdomainErrors],
  ["dns1035Label", "DNS1035Label", dns1035LabelErrors],
  ["qualifiedName", "QualifiedName", qualifiedNameErrors],
  ["dns1123LabelPrefix", "DNS1123LabelPrefix", prefix(dns1123LabelErrors)],
  ["dns1123SubdomainPrefix", "DNS1123SubdomainPrefix", prefix(dns1123SubdomainErrors)],
  ["dns1035LabelPrefix", "DNS1035LabelPrefix", prefix(dns1035LabelErrors)],
  ["labelValue", "LabelValue", labelValueErrors],
  ["uri", "URI", uri],
  ["uuid", "uuid", matching(uuid, "does not match the UUID format")],
  ["byte", "byte", matching(base64, "invalid base64")],
  ["date", "date", isDate],
  ["datetime", "datetime", matching(dateTime, "invalid datetime")],
];

const values = new Map(formats.map(([name, title, test]) => [name, new FormatValue(title, test)]));

/** Nothing when the text is of the format, what is wrong with it otherwise. */
function validate({ validate: test }: FormatValue, text: string): Value {
  const faults = test(text);
  return faults.length === 0 ? Optional.none : new Optional(new ArrayList(faults));
}

const named = (name: string): Value => {
  const value = values.get(name);
  return value ? new Optional(value) : Optional.none;
};

export const namedFormats: readonly FunctionDeclaration[] = [
  ...[...values].map(([name, value]) =>
    declare(
      `format.${name}`,
      global(`format.${name}`, [], format, () => value),
    ),
  ),
  declare("format.named", global("format-named", [string], optionalOf(format), named)),
  declare(
    "validate",
    member("format-validate", [format, string], optionalOf(listOf(string)), validate),
  ),
];
