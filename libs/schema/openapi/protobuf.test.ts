import { readFileSync } from "node:fs";
import { load } from "js-yaml";
import { expect, it } from "vitest";
import { codecOf } from "../codec.ts";
import { encodeOpenApiV2 } from "./protobuf.ts";
import { openApiDefinitions } from "./schemas.ts";

const codec = codecOf<object>("kubus.openapi.v2.Document");

interface Recorded {
  readonly document: object;
  readonly protobuf: string;
}

/** Texts of values are compared by what they mean: JSON is YAML too. */
function meaning(bytes: Uint8Array): unknown {
  const text = JSON.stringify(codec.decode(bytes), (key, value: unknown) =>
    key === "yaml" ? load(String(value)) : value,
  );
  return JSON.parse(text);
}

it("says what gnostic says of the same document", () => {
  const file = new URL("../testdata/openapi-v2.json", import.meta.url);
  const { document, protobuf } = JSON.parse(readFileSync(file, "utf8")) as Recorded;
  expect(meaning(encodeOpenApiV2(document))).toEqual(meaning(Buffer.from(protobuf, "base64")));
});

it("has every definition with its extensions", () => {
  const definitions = openApiDefinitions(["k8s.core.v1.Pod"]);
  const decoded = meaning(encodeOpenApiV2({ swagger: "2.0", definitions }));
  const { additionalProperties } = (decoded as { definitions: { additionalProperties: object[] } })
    .definitions;
  expect(additionalProperties).toHaveLength(Object.keys(definitions).length);
  expect(JSON.stringify(additionalProperties)).toContain(
    '{"name":"x-kubernetes-patch-merge-key","value":{"yaml":"mountPath"}}',
  );
});
