/** Bodies of PATCH: which kind of patch, and its JSON value. */
import { badRequest } from "#libs/api/errors.ts";
import { patchTypes, type PatchType } from "#libs/api/patch/content.ts";
import type { Body } from "../../registry/request.ts";
import { yamlDuplicates } from "./decode.ts";
import { jsonKind, JsonSyntaxError, parseJson } from "./json.ts";
import { plainType, unsupported } from "./media-type.ts";
import { parseYaml, YamlSyntaxError } from "./yaml.ts";
import { goQuote } from "#libs/api/gotext.ts";

/** Throws 415 for another Content-Type. */
export function patchType(contentType: string | undefined): PatchType {
  const type = plainType(contentType);
  const known = patchTypes.find((candidate) => candidate === type);
  if (known === undefined) throw unsupported(patchTypes);
  return known;
}

/** The patch. Each kind words its syntax errors in its own way, as apiserver's handlers do. */
export function decodePatch(bytes: Uint8Array, type: PatchType): Body {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  return type === "application/apply-patch+yaml" ? applyBody(text) : jsonBody(text, type);
}

function jsonBody(text: string, type: PatchType): Body {
  const strategic = type === "application/strategic-merge-patch+json";
  const prefix = strategic ? "" : "error decoding patch: ";
  try {
    const { value, duplicates } = parseJson(text);
    checkShape(value, type, prefix);
    const worded = duplicates.map((path) => `duplicate field ${goQuote(path)}`);
    return { value, duplicates: worded, canonical: false };
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw badRequest(`${prefix}${error.message}`);
    throw error;
  }
}

function checkShape(value: unknown, type: PatchType, prefix: string): void {
  if (type === "application/json-patch+json") {
    if (Array.isArray(value) || value === null) return;
    throw badRequest(
      `${prefix}json: cannot unmarshal ${jsonKind(value)} into Go value of type ` +
        "[]handlers.jsonPatchOp",
    );
  }
  if (type !== "application/strategic-merge-patch+json") return;
  if (typeof value === "object" && !Array.isArray(value)) return;
  throw badRequest(
    `json: cannot unmarshal ${jsonKind(value)} into Go value of type map[string]interface {}`,
  );
}

function applyBody(text: string): Body {
  try {
    const { value, duplicates: repeated } = parseYaml(text);
    const duplicates = yamlDuplicates(repeated);
    if (value === null) return { value: {}, duplicates, canonical: false };
    if (typeof value === "object" && !Array.isArray(value)) {
      return { value, duplicates, canonical: false };
    }
    throw badRequest(
      "error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal " +
        `${jsonKind(value)} into Go value of type map[string]interface {}`,
    );
  } catch (error) {
    if (!(error instanceof YamlSyntaxError)) throw error;
    throw badRequest(`error decoding YAML: error converting YAML to JSON: ${error.message}`);
  }
}
