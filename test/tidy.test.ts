import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { check, fileRules, orphans, type SourceFile, unfurnished } from "./tidy/rules.ts";

const root = join(import.meta.dirname, "..");

/** What is in the repository or would be added to it; generated and installed files are ignored. */
function sourceFiles(): SourceFile[] {
  const list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const paths = execFileSync("git", list, { cwd: root, encoding: "utf8" }).split("\0");
  return paths
    .filter((path) => path !== "" && existsSync(join(root, path)))
    .filter((path) => statSync(join(root, path)).isFile())
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

const files = sourceFiles();

describe("the tree", () => {
  test.each(Object.entries(fileRules))("%s", (_, rule) => {
    expect(check(rule, files)).toEqual([]);
  });

  test("no file is an orphan", () => {
    expect(orphans(files)).toEqual([]);
  });

  test("every service has its rooms", () => {
    expect(unfurnished(files)).toEqual([]);
  });
});
