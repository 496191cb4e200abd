import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { archiveOf, parseLines, parseStanzas, readAptSources } from "./sources.ts";

const stanzas = `# A comment
Types: deb deb-src
# another
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/key.gpg

Types: deb
URIs: http://mirror.example/security
Suites: bookworm-security
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main

Types: deb-src
URIs: http://source.example/debian
Suites: bookworm
Components: main
`;

const lines = `# deb http://off.example/debian bookworm main
deb [arch=amd64 signed-by=/keys/tools.gpg] https://tools.example/apt stable main
deb http://other.example/debian bookworm main contrib # a remark
deb-src http://source.example/debian bookworm main
`;

test("stanzas of *.sources files", () => {
  const [first, second, ...others] = parseStanzas(stanzas);
  expect(first).toEqual({
    uri: "http://mirror.example/debian",
    suites: ["bookworm", "bookworm-updates"],
    components: ["main", "contrib"],
    signedBy: "/usr/share/keyrings/key.gpg",
  });
  expect(second?.signedBy).toBe("\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc");
  expect(others).toEqual([]);
});

test("lines of sources.list", () => {
  expect(parseLines(lines)).toEqual([
    {
      uri: "https://tools.example/apt",
      suites: ["stable"],
      components: ["main"],
      signedBy: "/keys/tools.gpg",
    },
    {
      uri: "http://other.example/debian",
      suites: ["bookworm"],
      components: ["main", "contrib"],
      signedBy: undefined,
    },
  ]);
});

test("the distribution's archive is the one with its codename and main", () => {
  const sources = [...parseLines(lines), ...parseStanzas(stanzas)];
  expect(archiveOf(sources, "bookworm")?.uri).toBe("http://other.example/debian");
  expect(archiveOf(sources, "trixie")).toBeUndefined();
});

test("both formats are read from the folder of apt, which may be empty", async () => {
  const folder = await mkdtemp(join(tmpdir(), "kubus-apt-"));
  try {
    expect(await readAptSources(folder)).toEqual([]);
    await mkdir(join(folder, "sources.list.d"));
    await writeFile(join(folder, "sources.list"), lines);
    await writeFile(join(folder, "sources.list.d", "debian.sources"), stanzas);
    await writeFile(join(folder, "sources.list.d", "old.list.disabled"), lines);
    expect(await readAptSources(folder)).toHaveLength(4);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
