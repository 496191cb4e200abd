import { describe, expect, test } from "vitest";
import { check, fileRules, orphans, unfurnished } from "./rules.ts";

const file = (path: string, text = "") => ({ path, text });
const lines = (count: number) => "line\n".repeat(count);

/** Rule, offending file, a file that is just about fine. */
const table: [string, [path: string, text?: string], [path: string, text?: string]][] = [
  ["the top level holds what it always held", ["notes.md"], [".ci/run"]],
  ["file names say something", ["libs/api/utils.ts"], ["libs/api/commonality.ts"]],
  ["file names say something", ["libs/helper/a.ts"], ["libs/help/a.ts"]],
  ["type names say something", ["a.ts", "interface Manager {"], ["a.ts", "type Managed ="]],
  ["type names say something", ["a.ts", "class PodHelper {"], ["a.ts", "// class Helper"]],
  ["lines fit", ["a.ts", "é".repeat(101)], ["a.ts", "é".repeat(100)]],
  ["files fit", ["a.ts", lines(401)], ["a.ts", lines(400)]],
  ["files fit", ["s/machine.ts", lines(301)], ["s/machine.ts", lines(300)]],
  ["files fit", ["s/main.ts", lines(61)], ["s/main.ts", lines(60)]],
  ["the readmes of services fit", ["services/a/README.md", lines(61)], ["README.md", lines(61)]],
  ["nothing is left to do", ["a.md", `${"TO"}DO: more`], ["a.md", "today"]],
  ["nothing is left to do", ["a.ts", `// ${"FIX"}ME`], ["a.ts", "// fixed"]],
  ["every test runs", ["a.test.ts", `test.${"only"}("x")`], ["a.test.ts", "test.skipIf(no)"]],
  ["every test runs", ["a.test.ts", `describe.${"skip"}("x")`], ["a.ts", "it.each"]],
  [
    "no file names a package registry or mirror",
    ["a.sh", `curl ${["registry", "npmjs", "org"].join(".")}`],
    ["a.sh", "npm ci"],
  ],
  [
    "the lock file names no registry",
    ["package-lock.json", '"resolved": "x"'],
    ["package.json", '"resolved": "x"'],
  ],
  ["decisions are numbered", ["infra/decisions/why.md"], ["infra/decisions/0001-why.md"]],
];

describe("a rule", () => {
  test.each(table)("%s: finds %j, passes %j", (name, bad, good) => {
    const rule = fileRules[name];
    if (!rule) throw new Error(`no rule ${name}`);
    expect(check(rule, [file(...bad)])).toHaveLength(1);
    expect(check(rule, [file(...good)])).toEqual([]);
  });

  test("leaves recorded data alone", () => {
    const rule = fileRules["lines fit"];
    expect(rule && check(rule, [file("a/testdata/x.ts", "x".repeat(200))])).toEqual([]);
  });
});

describe("all files together", () => {
  test("a file that nothing imports is an orphan", () => {
    const tree = [
      file("services/a/main.ts", 'import { b } from "./b.ts";\nawait import("#libs/c.ts");'),
      file("services/a/b.ts"),
      file("libs/c.ts"),
      file("libs/d.ts"),
      file("libs/d.test.ts"),
    ];
    expect(orphans(tree)).toEqual(["libs/d.ts"]);
  });

  test("a service has a readme and a program", () => {
    expect(unfurnished([file("services/a/main.ts")])).toEqual(["services/a/README.md"]);
  });
});
