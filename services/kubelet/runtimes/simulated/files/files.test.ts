/** Files in memory, and archives of them. */
import { describe, expect, test } from "vitest";
import { packTar, TarError, unpackTar } from "./tar.ts";
import { bytesMax, FileTree, resolvePath } from "./tree.ts";

const tree = () => new FileTree(() => 1_000);

async function* cut(data: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < data.length; start += size) yield data.subarray(start, start + size);
}

const contentOf = (files: FileTree, path: string) =>
  Buffer.concat(files.file(path).chunks).toString();

describe("a tree", () => {
  test.each([
    ["/a", "b/../c", "/a/c"],
    ["/a", "/x/./y/", "/x/y"],
    ["/", "../..", "/"],
  ])("%s and %s make %s", (folder, path, expected) => {
    expect(resolvePath(folder, path)).toBe(expected);
  });

  test("follows links, and not in circles", () => {
    const files = tree();
    files.makeFolders("/real/inner");
    files.write("/real/inner/f", "text");
    files.link("/short", "real/inner");
    files.link("/file", "/short/f");
    expect(contentOf(files, "/file")).toBe("text");
    files.write("/file", "new");
    expect(contentOf(files, "/real/inner/f")).toBe("new");
    files.link("/round", "/round");
    expect(() => files.get("/round")).toThrow("Too many levels of symbolic links");
  });

  test.each<[string, (files: FileTree) => void, string]>([
    ["what is not there", (files) => files.get("/no"), "No such file or directory"],
    ["a file as a folder", (files) => files.get("/f/x"), "Not a directory"],
    ["a folder as a file", (files) => files.file("/d"), "Is a directory"],
    ["a folder twice", (files) => files.makeFolder("/d"), "File exists"],
    ["removing nothing", (files) => files.remove("/no"), "No such file or directory"],
  ])("refuses %s", (_, work, message) => {
    const files = tree();
    files.write("/f", "");
    files.makeFolder("/d");
    expect(() => work(files)).toThrow(message);
  });

  test("is full at its bound, and has room again", () => {
    const files = tree();
    const file = files.open("/big");
    const piece = new Uint8Array(bytesMax / 4);
    for (let count = 0; count < 4; count += 1) files.append(file, piece);
    expect(() => files.append(file, Buffer.from("x"))).toThrow("No space left on device");
    files.remove("/big");
    files.write("/small", "x");
    expect(contentOf(files, "/small")).toBe("x");
  });
});

describe("an archive", () => {
  const long = `${"d".repeat(90)}/${"f".repeat(90)}`;

  function filled(): FileTree {
    const files = tree();
    files.makeFolders(`/from/${"d".repeat(90)}`);
    files.makeFolders("/from/empty");
    files.write("/from/a", "A".repeat(1_300), 0o750);
    files.write("/from/none", "");
    files.write(`/from/${long}`, "deep");
    files.link("/from/link", "a");
    return files;
  }

  test.each([1, 100, 512, 700, 100_000])("comes back in pieces of %i bytes", async (size) => {
    const packed = Buffer.concat([...packTar(filled(), "/", ["from"])]);
    const files = tree();
    files.makeFolders("/to");
    await unpackTar(files, "/to", cut(packed, size));
    expect(contentOf(files, "/to/from/a")).toBe("A".repeat(1_300));
    expect(files.get("/to/from/a").mode).toBe(0o750);
    expect(contentOf(files, "/to/from/none")).toBe("");
    expect(contentOf(files, `/to/from/${long}`)).toBe("deep");
    expect(files.getLink("/to/from/link")).toMatchObject({ type: "link", target: "a" });
    expect(files.folder("/to/from/empty").entries.size).toBe(0);
  });

  test("leads nowhere else", async () => {
    const files = tree();
    files.write("/x", "evil");
    const [header, ...rest] = packTar(files, "/", ["x"]);
    const wrong = Buffer.from(header ?? []);
    wrong.write("../../up", 0);
    wrong.fill(" ", 148, 156);
    const sum = wrong.reduce((total, byte) => total + byte, 0);
    wrong.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    files.makeFolders("/to");
    await unpackTar(files, "/to", cut(Buffer.concat([wrong, ...rest]), 512));
    expect(contentOf(files, "/to/up")).toBe("evil");
    expect(files.has("/up")).toBe(false);
  });

  test("that is none, or cut off, is refused", async () => {
    const noise = Buffer.alloc(1_024, 7);
    await expect(unpackTar(tree(), "/", cut(noise, 512))).rejects.toThrow(TarError);
    const packed = Buffer.concat([...packTar(filled(), "/", ["from"])]).subarray(0, 2_000);
    await expect(unpackTar(tree(), "/", cut(packed, 512))).rejects.toThrow("Unexpected EOF");
  });
});
