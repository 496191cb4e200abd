import { expect, test } from "vitest";
import { container, podOf } from "../pod/example.ts";
import { configMapFiles, downwardFiles, secretFiles, type VolumeFile } from "./files.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");
const configMap = { data: { a: "1", b: "2" }, binaryData: { raw: base64("\u0000x") } };
const secret = { data: { key: base64("s3cret") } };
const choice = { name: "it", defaultMode: 0o644 };

const shown = (files: readonly VolumeFile[]) =>
  files.map(
    ({ path, mode, data }) => `${path} ${mode.toString(8)} ${Buffer.from(data).toString()}`,
  );

test.each<[string, () => VolumeFile[], string[]]>([
  [
    "a config map shows all its keys",
    () => configMapFiles(configMap, choice),
    ["a 644 1", "b 644 2", "raw 644 \u0000x"],
  ],
  [
    "or those that are chosen, where they are wanted",
    () =>
      configMapFiles(configMap, {
        ...choice,
        items: [
          { key: "a", path: "x/y" },
          { key: "b", path: "b", mode: 0o600 },
        ],
      }),
    ["x/y 644 1", "b 600 2"],
  ],
  ["a secret is decoded", () => secretFiles(secret, choice), ["key 644 s3cret"]],
  [
    "what is optional may be missing",
    () => [
      ...configMapFiles(undefined, { ...choice, optional: true }),
      ...secretFiles(undefined, { ...choice, optional: true }),
      ...secretFiles(secret, { ...choice, optional: true, items: [{ key: "no", path: "no" }] }),
    ],
    [],
  ],
  [
    "the downward API shows fields and resources",
    () =>
      downwardFiles(
        [
          { path: "name", fieldRef: { fieldPath: "metadata.name" } },
          {
            path: "cpu",
            mode: 0o400,
            resourceFieldRef: { containerName: "main", resource: "limits.cpu", divisor: "1m" },
          },
        ],
        {
          pod: podOf({ containers: [container("main", { resources: { limits: { cpu: "2" } } })] }),
          hostIp: "",
          podIp: "",
          node: {},
          defaultMode: 0o644,
        },
      ),
    ["name 644 web", "cpu 400 2000"],
  ],
])("%s", (_, files, expected) => {
  expect(shown(files())).toEqual(expected);
});

test.each<[() => VolumeFile[], string]>([
  [() => configMapFiles(undefined, choice), 'configmap "it" not found'],
  [() => secretFiles(undefined, choice), 'secret "it" not found'],
  [
    () => configMapFiles(configMap, { ...choice, items: [{ key: "no", path: "p" }] }),
    "configmap references non-existent config key: no",
  ],
  [
    () => secretFiles(secret, { ...choice, items: [{ key: "no", path: "p" }] }),
    "references non-existent secret key: no",
  ],
])("%#: %s", (files, message) => {
  expect(files).toThrow(message);
});
