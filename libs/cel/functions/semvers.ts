/** Kubernetes' functions of semantic versions. */
import { bool, type CelType, int, opaqueOf, string } from "../celtype.ts";
import { declare, type FunctionDeclaration, global, member } from "../environment.ts";
import { CelError, Opaque, type Value } from "../values/value.ts";

const semver: CelType = opaqueOf("kubernetes.Semver");

interface Version {
  readonly numbers: readonly bigint[];
  /** Behind a dash, split at the dots. */
  readonly prerelease: readonly string[];
}

class SemverValue extends Opaque {
  readonly typeName = "kubernetes.Semver";
  readonly version: Version;

  constructor(version: Version) {
    super();
    this.version = version;
  }

  /** Build metadata does not count. */
  get key(): string {
    return `${this.version.numbers.join(".")}-${this.version.prerelease.join(".")}`;
  }
}

const digits = "(0|[1-9]\\d*)";
const labels = "[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*";
const shape = new RegExp(`^${digits}\\.${digits}\\.${digits}(?:-(${labels}))?(?:\\+${labels})?$`);

/** @param normalize takes `v1.0` for `1.0.0` */
function parsed(text: string, normalize = false): SemverValue | CelError {
  const normal = normalize ? normalized(text) : text;
  if (normal === undefined) {
    return new CelError("short version cannot contain PreRelease/Build meta data");
  }
  const match = shape.exec(normal);
  const prerelease = match?.[4]?.split(".") ?? [];
  const isPadded = prerelease.some((part) => /^0\d+$/.test(part));
  if (!match || isPadded) return new CelError(faultOf(normal));
  const numbers = match.slice(1, 4).map((number) => BigInt(number));
  return new SemverValue({ numbers, prerelease });
}

function faultOf(text: string): string {
  if (text === "") return "Version string empty";
  if (text.split(".").length < 3) return "No Major.Minor.Patch elements found";
  return `Invalid version ${JSON.stringify(text)}`;
}

function normalized(text: string): string | undefined {
  const [major = "", minor, ...patch] = text.replace(/^v/, "").split(".");
  const given = [major, ...(minor === undefined ? [] : [minor])];
  const parts = patch.length > 0 ? [...given, patch.join(".")] : given;
  const trimmed = parts.map((part) => part.replace(/^0+(?=\d)/, ""));
  if (trimmed.length < 3 && /[+-]/.test(trimmed.at(-1) ?? "")) return undefined;
  while (trimmed.length < 3) trimmed.push("0");
  return trimmed.join(".");
}

/** By the rules of semver.org: a prerelease comes before its release. */
function compareTo({ version: a }: SemverValue, { version: b }: SemverValue): bigint {
  for (const [index, number] of a.numbers.entries()) {
    const other = b.numbers[index] ?? 0n;
    if (number !== other) return number < other ? -1n : 1n;
  }
  if (a.prerelease.length === 0 || b.prerelease.length === 0) {
    return BigInt(Math.sign(b.prerelease.length - a.prerelease.length));
  }
  for (const [index, part] of a.prerelease.entries()) {
    const other = b.prerelease[index];
    if (other === undefined) return 1n;
    const order = comparePart(part, other);
    if (order !== 0) return BigInt(order);
  }
  return a.prerelease.length < b.prerelease.length ? -1n : 0n;
}

function comparePart(a: string, b: string): number {
  const [isNumber, isOtherNumber] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (isNumber && isOtherNumber) return Math.sign(Number(a) - Number(b));
  if (isNumber !== isOtherNumber) return isNumber ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

const isOne = (text: string, normalize?: boolean): Value =>
  parsed(text, normalize) instanceof SemverValue;

const number = (name: string, index: number) =>
  declare(
    name,
    member(
      `semver_${name}`,
      [semver],
      int,
      ({ version }: SemverValue): Value => version.numbers[index] ?? 0n,
    ),
  );

export const semvers: readonly FunctionDeclaration[] = [
  declare(
    "semver",
    global("string_to_semver", [string], semver, (text: string) => parsed(text)),
    global("string_bool_to_semver", [string, bool], semver, parsed),
  ),
  declare(
    "isSemver",
    global("is_semver_string", [string], bool, (text: string) => isOne(text)),
    global("is_semver_string_bool", [string, bool], bool, isOne),
  ),
  declare(
    "isGreaterThan",
    member(
      "semver_is_greater_than",
      [semver, semver],
      bool,
      (a: SemverValue, b: SemverValue) => compareTo(a, b) > 0n,
    ),
  ),
  declare(
    "isLessThan",
    member(
      "semver_is_less_than",
      [semver, semver],
      bool,
      (a: SemverValue, b: SemverValue) => compareTo(a, b) < 0n,
    ),
  ),
  declare("compareTo", member("semver_compare_to", [semver, semver], int, compareTo)),
  number("major", 0),
  number("minor", 1),
  number("patch", 2),
];
