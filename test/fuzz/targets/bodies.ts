/** Bodies of requests: JSON, YAML, protobuf. */
import { apiVersionOf } from "#libs/api/resource.ts";
import { StatusError } from "#libs/api/errors.ts";
import { depthMax, isDeeper } from "#libs/api/patch/json-value.ts";
import { codecOf, encodeUnknown, exactCodecOf, readObject, schemaOf } from "#libs/schema/index.ts";
import { exactText, parseExact } from "#libs/schema/exactjson.ts";
import type { Random } from "#libs/schema/arbitrary.ts";
import { decodeObject, decodeOptionsText } from "../../../services/apiserver/http/body/decode.ts";
import { JsonSyntaxError, parseJson } from "../../../services/apiserver/http/body/json.ts";
import { parseYaml, YamlSyntaxError } from "../../../services/apiserver/http/body/yaml.ts";
import { prettyJson } from "../../../services/apiserver/http/encode/json.ts";
import { writeYaml } from "../../../services/apiserver/http/encode/yaml.ts";
import type { Encoding } from "../../../services/apiserver/http/negotiate.ts";
import { deleteOptions } from "../../../services/apiserver/http/options/delete.ts";
import { expectedKind, readDraft } from "../../../services/apiserver/registry/draft.ts";
import { below, mutateBytes, mutateText, pick } from "../mutate.ts";
import { anyResource, decoded, oddSample, sample } from "../sample.ts";
import { refusing, require, type Target } from "../target.ts";

const jsonWords = [
  "{",
  "}",
  "[",
  "]",
  '"',
  ":",
  ",",
  "null",
  "1e999",
  "-",
  "\\ud83d",
  "\\u00",
  "9223372036854775808",
  "9007199254740993",
  '"__proto__":{"a":1}',
  "[[[[[[[[",
];
const yamlWords = [
  "&a ",
  "*a",
  "<<: *a",
  "\n  - ",
  "\n? ",
  "|\n  x",
  ">-\n",
  "'",
  '"',
  "{",
  "[",
  "!!str ",
  "!!binary ",
  "!!map ",
  "---\n",
  "...\n",
  "%YAML 1.1\n",
  "\t",
  "# ",
  "0x1f",
  "1_000",
  "__proto__: {a: 1}",
  "yes",
  "~",
];

function textOf(random: Random, encoding: "json" | "yaml"): string {
  const value = sample(random, anyResource(random));
  if (encoding === "json") return JSON.stringify(value);
  return random() < 0.02 ? bomb(random) : writeYaml(value);
}

/** Each line stands for all lines before it. */
function bomb(random: Random): string {
  const width = below(random, 12) + 2;
  const lines = Array.from({ length: below(random, 40) + 2 }, (_, index) => {
    const before = index === 0 ? "x" : `*a${index - 1}`;
    return `a${index}: &a${index} [${Array.from({ length: width }, () => before).join(",")}]`;
  });
  return lines.join("\n");
}

/** What an endpoint does with a body until it is a draft. */
function readBody(random: Random, bytes: Uint8Array, encoding: Encoding): () => void {
  const definition = anyResource(random);
  const validation = pick(random, ["Ignore", "Warn", "Strict"] as const);
  return () => {
    refusing(() => {
      const body = decodeObject(bytes, encoding, definition);
      readDraft(expectedKind(definition), body, validation);
    }, StatusError);
    refusing(() => decodeOptionsText(bytes, encoding), StatusError);
  };
}

const isJson = (text: string): boolean =>
  refusing(() => (JSON.parse(text), true), SyntaxError) ?? false;

export const jsonBodies: Target = {
  name: "json",
  attempt: (random) => {
    const text = mutateText(random, textOf(random, "json"), jsonWords);
    const read = readBody(random, Buffer.from(text), "json");
    return {
      input: text,
      run: () => {
        const parsed = refusing(() => parseJson(text), JsonSyntaxError);
        require((parsed !== undefined) === isJson(text), "JSON is what JSON.parse takes");
        read();
      },
    };
  },
};

export const yamlBodies: Target = {
  name: "yaml",
  attempt: (random) => {
    const text = mutateText(random, textOf(random, "yaml"), yamlWords);
    const read = readBody(random, Buffer.from(text), "yaml");
    return {
      input: text,
      run: () => {
        refusing(() => parseYaml(text), YamlSyntaxError);
        read();
      },
    };
  },
};

/** What is written as YAML is read as the same. */
export const yamlWriting: Target = {
  name: "yaml-writing",
  attempt: (random) => {
    const value = oddSample(random, anyResource(random));
    const json = parseExact(exactText(value));
    const text = writeYaml(json);
    return {
      input: text,
      run: () => {
        const again = refusing(() => parseYaml(writeYaml(json)), YamlSyntaxError);
        if (again === undefined) {
          require(isDeeper(json, depthMax - 2), "YAML that was written can be read");
          return;
        }
        require(text === writeYaml(again.value), "and says the same");
      },
    };
  },
};

export const protobufBodies: Target = {
  name: "protobuf",
  attempt: (random) => {
    const definition = anyResource(random);
    const object = decoded(definition, sample(random, definition));
    const codec = codecOf<object>(definition.message);
    const whole = encodeUnknown(
      { apiVersion: apiVersionOf(definition), kind: definition.kind },
      codec.encode(object),
    );
    const bytes = mutateBytes(random, whole);
    const read = readBody(random, bytes, "protobuf");
    return {
      input: Buffer.from(bytes).toString("base64"),
      run: () => {
        read();
        const found = refusing(() => codec.decode(bytes), Error);
        if (found !== undefined) codec.decode(codec.encode(found));
      },
    };
  },
};

/** Values of any shape where a kind is expected. */
export const fields: Target = {
  name: "fields",
  attempt: (random) => {
    const definition = anyResource(random);
    const text = exactText(oddSample(random, definition));
    const read = readBody(random, Buffer.from(text), "json");
    return {
      input: `${definition.kind} ${text}`,
      run: () => {
        read();
        const body = refusing(() => {
          const given = decodeObject(Buffer.from(text), "json", definition);
          return readDraft(expectedKind(definition), given, "Ignore");
        }, StatusError);
        if (body === undefined) return;
        const codec = exactCodecOf<object>(definition.message);
        const stored = codec.decode(codec.encode(body.object));
        prettyJson(stored);
        const again = readObject(schemaOf(definition.message), stored).object;
        const same = exactText(codec.decode(codec.encode(again))) === exactText(stored);
        require(same, "what is stored is read back as it is");
      },
    };
  },
};

export const optionBodies: Target = {
  name: "delete-options",
  attempt: (random) => {
    const whole = {
      kind: "DeleteOptions",
      apiVersion: "v1",
      gracePeriodSeconds: 5,
      propagationPolicy: "Foreground",
      preconditions: { uid: "u", resourceVersion: "1" },
      dryRun: ["All"],
    };
    const text = mutateText(random, JSON.stringify(whole), jsonWords);
    const query = new URLSearchParams();
    return {
      input: text,
      run: () =>
        void refusing(
          () => deleteOptions(query, Buffer.from(text), "application/json"),
          StatusError,
        ),
    };
  },
};
