/** The schemas do what Kubernetes' Go types do: see testdata/README.md. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { codecOf, decodeUnknown, encodeUnknown, kindSchema, readObject } from "./index.ts";
import type { MessageSchema } from "./schema.ts";

interface Given {
  readonly apiVersion: string;
  readonly kind: string;
}

interface RecordedObject {
  readonly given: Given;
  readonly canonical: object;
  readonly protobuf: string;
}

interface RecordedBody {
  readonly given: Given;
  readonly canonical?: object;
  readonly error?: string;
  readonly strict?: string;
}

function recorded<T>(name: string): T[] {
  const text = readFileSync(new URL(`testdata/${name}.jsonl`, import.meta.url), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as T);
}

function schemaOfGiven({ apiVersion, kind }: Given): MessageSchema {
  const [version = "", group = ""] = apiVersion.split("/").toReversed();
  const schema = kindSchema(group, version, kind);
  if (!schema) throw new Error(`no ${kind} in ${apiVersion}`);
  return schema;
}

describe("objects", () => {
  it.each(recorded<RecordedObject>("objects").map((one) => [one.given.kind, one] as const))(
    "%s",
    (_, { given, canonical, protobuf }) => {
      const schema = schemaOfGiven(given);
      const codec = codecOf<object>(schema.name);
      const { apiVersion, kind } = given;
      expect(readObject(schema, given)).toEqual({ object: canonical, unknown: [] });

      const { raw, ...typeMeta } = decodeUnknown(Buffer.from(protobuf, "base64"));
      expect(typeMeta).toMatchObject({ apiVersion, kind });
      expect({ apiVersion, kind, ...codec.decode(raw) }).toEqual(canonical);

      const again = decodeUnknown(encodeUnknown({ apiVersion, kind }, codec.encode(canonical)));
      expect({ apiVersion, kind, ...codec.decode(again.raw) }).toEqual(canonical);
    },
  );
});

describe("bodies", () => {
  it.each(recorded<RecordedBody>("bodies").map((one) => [JSON.stringify(one.given), one] as const))(
    "%s",
    (_, { given, canonical, error, strict }) => {
      const schema = schemaOfGiven(given);
      if (error !== undefined) {
        expect(() => readObject(schema, given)).toThrow(
          expect.objectContaining({ name: "FieldTypeError", message: error }),
        );
        return;
      }
      const { object, unknown } = readObject(schema, given);
      expect(object).toEqual(canonical);
      const odd = unknown.map((path) => `unknown field "${path}"`).join(", ");
      expect(odd).toBe(strict?.replace("strict decoding error: ", "") ?? "");
    },
  );
});
