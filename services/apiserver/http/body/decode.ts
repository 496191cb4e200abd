/** Bodies of create, update and delete: text or protobuf to a JSON value of the expected kind. */
import { apiVersionOf } from "#libs/api/resource.ts";
import { badRequest } from "#libs/api/errors.ts";
import { goQuote } from "#libs/api/gotext.ts";
import { exactCodecOf } from "#libs/schema/codec.ts";
import { kindSchema } from "#libs/schema/schemas.ts";

import type { Body } from "../../registry/request.ts";
import type { Encoding } from "../negotiate.ts";
import { decodeUnknown, hasEnvelope } from "#libs/schema/unknown.ts";
import { jsonKind, JsonSyntaxError, parseJson } from "./json.ts";
import { parseYaml, yamlErrorHead, YamlSyntaxError } from "./yaml.ts";

/** What the endpoint takes. */
export interface ExpectedKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Versions with the same fields that are taken as well. */
  readonly olderVersions?: readonly string[];
}

interface Decoded extends Body {
  readonly value: Record<string, unknown>;
}

/** The Go type that the decoder reads apiVersion and kind into: part of an error's text. */
const typeMetaType =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; ' +
  'Kind string "json:\\"kind,omitempty\\"" }';

/**
 * The object in a body. Missing apiVersion and kind are those expected; other ones are refused in
 * the words of apimachinery's codec.
 */
export function decodeObject(bytes: Uint8Array, encoding: Encoding, expected: ExpectedKind): Body {
  let decoded: Decoded;
  try {
    decoded = decodeText(bytes, encoding);
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
    throw badRequest(
      `the object provided is unrecognized (must be of type ${expected.kind}): ` +
        `${error.message} (${summary(bytes)})`,
    );
  }
  const { value, ...rest } = decoded;
  const apiVersion = textOf(value["apiVersion"]);
  const kind = textOf(value["kind"]);
  checkKind(apiVersion, kind, expected);
  const named = { ...value, apiVersion: apiVersionOf(expected), kind: expected.kind };
  return { value: named, ...rest };
}

/** Like {@link decodeObject} for options that stand alone: errors come without a prefix. */
export function decodeOptionsText(bytes: Uint8Array, encoding: Encoding): Record<string, unknown> {
  try {
    return decodeText(bytes, encoding).value;
  } catch (error) {
    if (error instanceof UnreadableError) throw badRequest(error.message);
    throw error;
  }
}

class UnreadableError extends Error {
  override readonly name = "UnreadableError";
}

function decodeText(bytes: Uint8Array, encoding: Encoding): Decoded {
  if (encoding === "protobuf") return decodeProtobuf(bytes);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  const { value, duplicates } = encoding === "json" ? jsonText(text) : yamlText(text);
  if (value === null) return { value: {}, duplicates, canonical: false };
  if (typeof value !== "object" || Array.isArray(value)) {
    throw notAnObject(value);
  }
  const fields = value as Record<string, unknown>;
  if (encoding === "json") return { value: fields, duplicates, canonical: false, text };
  return { value: sortedKeys(fields), duplicates, canonical: false };
}

/** YAML becomes JSON that Go writes, with sorted keys: odd fields are told in that order. */
function sortedKeys<Value>(value: Value): Value {
  if (Array.isArray(value)) return value.map(sortedKeys) as Value;
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sortedKeys(item)])) as Value;
}

function notAnObject(value: unknown): UnreadableError {
  return new UnreadableError(
    "couldn't get version/kind; json parse error: json: cannot unmarshal " +
      `${jsonKind(value)} into Go value of type ${typeMetaType}`,
  );
}

function jsonText(text: string): { value: unknown; duplicates: readonly string[] } {
  try {
    const { value, duplicates } = parseJson(text);
    return { value, duplicates: duplicates.map((path) => `duplicate field ${goQuote(path)}`) };
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const message = `couldn't get version/kind; json parse error: ${error.message}`;
    throw new UnreadableError(message);
  }
}

function yamlText(text: string): { value: unknown; duplicates: readonly string[] } {
  try {
    const { value, duplicates } = parseYaml(text);
    return { value, duplicates: yamlDuplicates(duplicates) };
  } catch (error) {
    if (error instanceof YamlSyntaxError) throw new UnreadableError(error.message);
    throw error;
  }
}

/** go-yaml tells all of them in one error of several lines. */
export const yamlDuplicates = (duplicates: readonly string[]): readonly string[] =>
  duplicates.length === 0 ? [] : [[yamlErrorHead, ...duplicates].join("\n  ")];

function decodeProtobuf(bytes: Uint8Array): Decoded {
  if (!hasEnvelope(bytes)) {
    throw new UnreadableError(
      "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]",
    );
  }
  const { apiVersion, kind, raw } = unknownOf(bytes);
  const [group, version] = splitVersion(apiVersion);
  const schema = kindSchema(group, version, kind);
  if (schema === undefined) throw badRequest(notRegistered(kind, apiVersion));
  try {
    const value = exactCodecOf<Record<string, unknown>>(schema.name).decode(raw);
    return { value: { ...value, apiVersion, kind }, duplicates: [], canonical: true };
  } catch (error) {
    throw new UnreadableError(error instanceof Error ? error.message : String(error));
  }
}

function unknownOf(bytes: Uint8Array): ReturnType<typeof decodeUnknown> {
  try {
    return decodeUnknown(bytes);
  } catch (error) {
    throw new UnreadableError(error instanceof Error ? error.message : String(error));
  }
}

/** Throws BadRequest when the body is of another kind or version than the endpoint's. */
function checkKind(apiVersion: string, kind: string, expected: ExpectedKind): void {
  const wantedVersion = apiVersionOf(expected);
  const actualVersion = apiVersion === "" ? wantedVersion : apiVersion;
  const actualKind = kind === "" ? expected.kind : kind;
  const [group, version] = splitVersion(actualVersion);
  const isOlder = group === expected.group && expected.olderVersions?.includes(version);
  const fits = actualVersion === wantedVersion || isOlder;
  if (fits && actualKind === expected.kind) return;
  const known = kindSchema(group, version, actualKind) !== undefined;
  const why = known
    ? `converting (${version}.${actualKind}) to ` +
      `(${goInternal(expected.group)}.${expected.kind}): unknown conversion`
    : notRegistered(actualKind, actualVersion);
  throw badRequest(
    `${actualKind} in version ${goQuote(version)} cannot be handled as a ${expected.kind}: ${why}`,
  );
}

const goInternal = (group: string): string => (group === "" ? "core" : (group.split(".")[0] ?? ""));

const notRegistered = (kind: string, apiVersion: string): string =>
  `no kind ${goQuote(kind)} is registered for version ${goQuote(apiVersion)} ` +
  'in scheme "pkg/api/legacyscheme/scheme.go:30"';

function splitVersion(apiVersion: string): readonly [string, string] {
  const slash = apiVersion.indexOf("/");
  return slash < 0 ? ["", apiVersion] : [apiVersion.slice(0, slash), apiVersion.slice(slash + 1)];
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

const summaryBytesMax = 30;

/** The beginning of a body, as text when it looks like JSON, else in hexadecimal. */
export function summary(bytes: Uint8Array): string {
  if (bytes.length === 0) return "<empty>";
  const start = Buffer.from(bytes.subarray(0, summaryBytesMax));
  const text = bytes[0] === 123 ? start.toString("utf8") : start.toString("hex");
  return bytes.length > summaryBytesMax ? `${text} ...` : text;
}
