/** Whether an applied configuration fits its type; texts of structured-merge-diff. */
import { goValue } from "../gotext.ts";
import { ElementError, itemElement } from "./elements.ts";
import { elementText } from "./fieldset.ts";
import {
  memberShape,
  resolve,
  type ListShape,
  type MapShape,
  type ScalarType,
  type Shape,
} from "./shape.ts";
import { listOf, mapOf } from "./values.ts";

/** What is wrong, each with its path in front; one text, or none when nothing is. */
export function typeErrorText(shape: Shape, value: unknown): string | undefined {
  const errors: string[] = [];
  check(shape, value, "", errors);
  if (errors.length <= 1) return errors[0];
  return ["errors:", ...errors.map((error) => `  ${error}`)].join("\n");
}

function check(shape: Shape, value: unknown, path: string, errors: string[]): void {
  if (value === null || value === undefined) return;
  const resolved = resolve(shape, value);
  if (resolved.kind === "list") return checkList(resolved, value, path, errors);
  if (resolved.kind === "map") return checkMap(resolved, value, path, errors);
  const text = scalarError(resolved.type, value);
  if (text !== undefined) report(errors, path, text);
}

const report = (errors: string[], path: string, text: string) =>
  void errors.push(path === "" ? text : `${path}: ${text}`);

function scalarError(type: ScalarType, value: unknown): string | undefined {
  switch (type) {
    case "string":
      if (typeof value === "string") return undefined;
      return `expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`;
    case "numeric":
      if (typeof value === "number" || typeof value === "bigint") return undefined;
      return `expected numeric (int or float), got ${goTypeName(value)}`;
    case "boolean":
      return typeof value === "boolean" ? undefined : `expected boolean, got &{${goValue(value)}}`;
    case "any":
      return undefined;
    case "untyped":
      if (typeof value !== "object") return undefined;
      return `expected any scalar, got &{${goValue(value)}}`;
  }
}

function checkList(shape: ListShape, value: unknown, path: string, errors: string[]): void {
  const list = listOf(value);
  if (list === undefined) return report(errors, path, `expected list, got &{${goValue(value)}}`);
  const seen = new Set<string>();
  for (const [index, item] of list.entries()) {
    let element = `i:${index}`;
    if (shape.relation !== "atomic") {
      try {
        element = itemElement(shape, item);
      } catch (error) {
        if (!(error instanceof ElementError)) throw error;
        report(errors, path, `element ${index}: ${error.message}`);
        return;
      }
      if (seen.has(element)) {
        report(errors, path, `duplicate entries for key ${elementText(element)}`);
      }
      seen.add(element);
    }
    check(shape.items, item, path + elementText(element), errors);
  }
}

function checkMap(shape: MapShape, value: unknown, path: string, errors: string[]): void {
  const map = mapOf(value);
  if (map === undefined) return report(errors, path, `expected map, got &{${goValue(value)}}`);
  for (const key of Object.keys(map)) {
    const inner = memberShape(shape, key);
    if (inner === undefined) report(errors, `${path}.${key}`, "field not declared in schema");
    else check(inner, map[key], `${path}.${key}`, errors);
  }
}

/** What `%#v` prints. */
function goSyntax(value: unknown): string {
  if (value === null || value === undefined) return "interface {}(nil)";
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "object") return String(value);
  const entries = Array.isArray(value)
    ? value.map(goSyntax)
    : Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}:${goSyntax(item)}`);
  return `${goTypeName(value)}{${entries.join(", ")}}`;
}

/** What `%T` prints. */
function goTypeName(value: unknown): string {
  if (Array.isArray(value)) return "[]interface {}";
  switch (typeof value) {
    case "string":
      return "string";
    case "boolean":
      return "bool";
    case "number":
      return Number.isInteger(value) ? "int64" : "float64";
    case "bigint":
      return "int64";
    default:
      return "map[string]interface {}";
  }
}
