/** Options of delete: a body, or the query when there is none. */
import { apiVersionOf } from "#libs/api/resource.ts";
import { badRequest, notSupported, invalid, type FieldError } from "#libs/api/errors.ts";
import { goQuote } from "#libs/api/gotext.ts";
import { isInt64 } from "#libs/schema/exactjson.ts";
import type { DeleteOptions } from "../../registry/request.ts";
import { decodeOptionsText } from "../body/decode.ts";
import { jsonKind } from "../body/json.ts";
import { bodyEncoding } from "../body/media-type.ts";
import { queryBoolean, queryInteger, refuse } from "./query.ts";
import { dryRunListErrors } from "./write.ts";

type Policy = NonNullable<DeleteOptions["propagationPolicy"]>;

interface Asked {
  readonly dryRun: readonly string[];
  readonly gracePeriodSeconds: number | undefined;
  readonly propagationPolicy: string | undefined;
  readonly orphanDependents: boolean | undefined;
  readonly preconditions: DeleteOptions["preconditions"];
}

const policies: readonly Policy[] = ["Foreground", "Background", "Orphan"];

/** Throws 400, 415 or 422 for options that Kubernetes refuses. */
export function deleteOptions(
  query: URLSearchParams,
  body: Uint8Array,
  contentType: string | undefined,
): DeleteOptions {
  const asked = body.length > 0 ? fromBody(body, contentType) : fromQuery(query);
  refuse("DeleteOptions", optionErrors(asked));
  const policy = policies.find((known) => known === asked.propagationPolicy);
  const { gracePeriodSeconds, orphanDependents, preconditions } = asked;
  return {
    dryRun: asked.dryRun.length > 0,
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(policy === undefined ? {} : { propagationPolicy: policy }),
    ...(orphanDependents === undefined ? {} : { orphanDependents }),
    ...(preconditions === undefined ? {} : { preconditions }),
  };
}

function optionErrors(asked: Asked): FieldError[] {
  const errors: FieldError[] = [];
  const { propagationPolicy, orphanDependents } = asked;
  if (propagationPolicy !== undefined && orphanDependents !== undefined) {
    const detail = "orphanDependents and deletionPropagation cannot be both set";
    errors.push(invalid("propagationPolicy", propagationPolicy, detail));
  }
  if (propagationPolicy !== undefined && !policies.some((known) => known === propagationPolicy)) {
    errors.push(notSupported("propagationPolicy", propagationPolicy, [...policies, "nil"]));
  }
  return [...errors, ...dryRunListErrors(asked.dryRun)];
}

function fromQuery(query: URLSearchParams): Asked {
  const uid = query.get("uid");
  return {
    dryRun: query.getAll("dryRun"),
    gracePeriodSeconds: queryInteger(query, "gracePeriodSeconds"),
    propagationPolicy: query.get("propagationPolicy") ?? undefined,
    orphanDependents: queryBoolean(query, "orphanDependents"),
    preconditions: uid === null ? undefined : { uid },
  };
}

function fromBody(body: Uint8Array, contentType: string | undefined): Asked {
  const value = decodeOptionsText(body, bodyEncoding(contentType));
  const kind = value["kind"];
  if (kind !== undefined && kind !== "" && kind !== "DeleteOptions") {
    const apiVersion = String(value["apiVersion"] ?? apiVersionOf({ group: "", version: "v1" }));
    throw badRequest(
      `no kind ${goQuote(String(kind))} is registered for version ${goQuote(apiVersion)} ` +
        'in scheme "k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme/register.go:27"',
    );
  }
  return {
    dryRun: textList(value["dryRun"]),
    gracePeriodSeconds: optional(value["gracePeriodSeconds"], "number", "gracePeriodSeconds"),
    propagationPolicy: optional(value["propagationPolicy"], "string", "propagationPolicy"),
    orphanDependents: optional(value["orphanDependents"], "boolean", "orphanDependents"),
    preconditions: preconditionsOf(value["preconditions"]),
  };
}

interface Primitives {
  number: number;
  string: string;
  boolean: boolean;
}

const goTypes: Readonly<Record<keyof Primitives, string>> = {
  number: "int64",
  string: "v1.DeletionPropagation",
  boolean: "bool",
};

function optional<Type extends keyof Primitives>(
  value: unknown,
  type: Type,
  field: string,
): Primitives[Type] | undefined {
  if (value === undefined || value === null) return undefined;
  const given = typeof value === "bigint" && isInt64(value) ? Number(value) : value;
  const whole = type !== "number" || Number.isInteger(given);
  if (typeof given === type && whole) return given as Primitives[Type];
  throw badRequest(
    `json: cannot unmarshal ${jsonKind(value)} into Go struct field DeleteOptions.${field} ` +
      `of type ${goTypes[type]}`,
  );
}

const textList = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

function preconditionsOf(value: unknown): DeleteOptions["preconditions"] {
  if (typeof value !== "object" || value === null) return undefined;
  const { uid, resourceVersion } = value as Record<string, unknown>;
  return {
    ...(typeof uid === "string" ? { uid } : {}),
    ...(typeof resourceVersion === "string" ? { resourceVersion } : {}),
  };
}
