import { describe, expect, it } from "vitest";
import {
  aggregateText,
  conflict,
  duplicate,
  fieldErrorText,
  forbidden,
  forbiddenError,
  hasReason,
  internalError,
  invalid,
  invalidObject,
  notFound,
  notSupported,
  omitValue,
  PrintedValue,
  required,
  timeout,
  tooLong,
  tooMany,
  toStatusError,
  type FieldError,
} from "./errors.ts";

const texts: readonly [error: FieldError, text: string][] = [
  [required("metadata.name", "name is needed"), "metadata.name: Required value: name is needed"],
  [required("target.name", ""), "target.name: Required value"],
  [invalid("a", "x\n", "must be y"), 'a: Invalid value: "x\\n": must be y'],
  [invalid("a", -1, "must be positive"), "a: Invalid value: -1: must be positive"],
  [invalid("a", undefined, "immutable"), "a: Invalid value: null: immutable"],
  [invalid("a", { b: "<c>" }, "no"), 'a: Invalid value: {"b":"\\u003cc\\u003e"}: no'],
  [invalid("a", omitValue, "no"), "a: Invalid value: no"],
  [invalid("a", new PrintedValue("v1.X{}"), "no"), "a: Invalid value: v1.X{}: no"],
  [notSupported("a", "z", ["x", "y"]), 'a: Unsupported value: "z": supported values: "x", "y"'],
  [duplicate("a", "x"), 'a: Duplicate value: "x"'],
  [forbidden("a", "not now"), "a: Forbidden: not now"],
  [tooLong("a", 63), "a: Too long: may not be more than 63 bytes"],
  [tooMany("a", 3, 2), "a: Too many: 3: must have at most 2 items"],
];

describe("field errors", () => {
  it.each(texts)("%o", (error, text) => {
    expect(fieldErrorText(error)).toBe(text);
  });

  it("are listed in brackets, each once", () => {
    const one = required("a", "");
    expect(aggregateText([one])).toBe("a: Required value");
    expect(aggregateText([one, one, forbidden("b", "")])).toBe("[a: Required value, b: Forbidden]");
  });
});

describe("status errors", () => {
  it("name what was not found, with the group", () => {
    const { code, reason, message, status } = notFound({ group: "apps", name: "deployments" }, "a");
    expect([code, reason, message]).toEqual([404, "NotFound", 'deployments.apps "a" not found']);
    expect(status.details).toEqual({ name: "a", group: "apps", kind: "deployments" });
  });

  it("tell a writer to read again", () => {
    expect(conflict({ group: "", name: "configmaps" }, "a").message).toBe(
      'Operation cannot be fulfilled on configmaps "a": the object has been modified; ' +
        "please apply your changes to the latest version and try again",
    );
  });

  it("carry every cause of an invalid object", () => {
    const errors = [invalid("spec.x", "y", "no"), required("spec.z", "")];
    const error = invalidObject({ group: "", name: "Pod" }, "p", errors);
    expect(error.status.details?.causes).toEqual([
      { reason: "FieldValueInvalid", message: 'Invalid value: "y": no', field: "spec.x" },
      { reason: "FieldValueRequired", message: "Required value", field: "spec.z" },
    ]);
    expect(error.message).toBe(
      'Pod "p" is invalid: [spec.x: Invalid value: "y": no, spec.z: Required value]',
    );
  });

  it("leave out a name or resource that is not known", () => {
    const why = "not allowed";
    expect(forbiddenError({ group: "", name: "" }, "", why).message).toBe("forbidden: not allowed");
    expect(forbiddenError({ group: "", name: "pods" }, "", why).message).toBe(
      "pods is forbidden: not allowed",
    );
  });

  it("say when to try again", () => {
    expect(timeout("x", 1).status.details).toEqual({ retryAfterSeconds: 1 });
  });

  it("wrap what was not foreseen", () => {
    const error = toStatusError(new Error("boom"));
    expect(error.message).toBe("Internal error occurred: boom");
    expect(hasReason(error, "InternalError")).toBe(true);
    expect(toStatusError(error)).toBe(error);
    expect(internalError("boom").status.details).toEqual({ causes: [{ message: "boom" }] });
  });
});
