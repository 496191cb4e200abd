/** The files of a simulated container: a tree in memory, bounded. */

export interface Folder {
  readonly type: "folder";
  readonly entries: Map<string, Entry>;
  mode: number;
  changedAt: number;
}

export interface PlainFile {
  readonly type: "file";
  readonly chunks: Uint8Array[];
  size: number;
  mode: number;
  changedAt: number;
}

export interface Link {
  readonly type: "link";
  readonly target: string;
  readonly mode: number;
  readonly changedAt: number;
}

export type Entry = Folder | PlainFile | Link;

/** Bytes of all files of one pod together: what is written beyond is refused. */
export const bytesMax = 256 * 1024 * 1024;
const entriesMax = 50_000;
const linksMax = 16;

/** Words of the C library, as programs print them. */
export const reasons = {
  missing: "No such file or directory",
  notFolder: "Not a directory",
  isFolder: "Is a directory",
  exists: "File exists",
  notEmpty: "Directory not empty",
  full: "No space left on device",
  loop: "Too many levels of symbolic links",
  readOnly: "Read-only file system",
} as const;

/** A file operation failed; the message is one of {@link reasons}. */
export class FileError extends Error {
  override readonly name = "FileError";

  constructor(reason: keyof typeof reasons) {
    super(reasons[reason]);
  }
}

/** What the trees of one pod's containers use together. */
export interface Usage {
  bytes: number;
  entries: number;
}

const folderMode = 0o755;
const fileMode = 0o644;

export const newFolder = (changedAt: number): Folder => ({
  type: "folder",
  entries: new Map(),
  mode: folderMode,
  changedAt,
});

/** Paths are absolute, or taken from `/`. Methods throw FileError. */
export class FileTree {
  readonly #root: Folder;
  readonly #usage: Usage;
  readonly #now: () => number;

  constructor(now: () => number, usage: Usage = { bytes: 0, entries: 0 }) {
    this.#now = now;
    this.#usage = usage;
    this.#root = newFolder(now());
  }

  /** What is there; a last link is followed. */
  get(path: string): Entry {
    return this.#find(path, linksMax, true);
  }

  /** The same for a link itself. */
  getLink(path: string): Entry {
    return this.#find(path, linksMax, false);
  }

  has(path: string): boolean {
    try {
      this.get(path);
      return true;
    } catch {
      return false;
    }
  }

  folder(path: string): Folder {
    const found = this.get(path);
    if (found.type !== "folder") throw new FileError("notFolder");
    return found;
  }

  file(path: string): PlainFile {
    const found = this.get(path);
    if (found.type === "folder") throw new FileError("isFolder");
    if (found.type !== "file") throw new FileError("missing");
    return found;
  }

  /** Makes the folder and those above it; one that is there stays. */
  makeFolders(path: string): Folder {
    let folder = this.#root;
    let at = "";
    for (const name of partsOf(path)) {
      at += `/${name}`;
      if (!folder.entries.has(name)) this.#put(folder, name, newFolder(this.#now()));
      folder = this.folder(at);
    }
    return folder;
  }

  makeFolder(path: string): void {
    const { parent, name } = this.#place(path);
    if (name === "" || parent.entries.has(name)) throw new FileError("exists");
    this.#put(parent, name, newFolder(this.#now()));
  }

  /** Shows the same folder at a place of this tree, as a mount does. */
  mount(path: string, entry: Folder | PlainFile): void {
    const parts = partsOf(path);
    const name = parts.pop();
    if (name === undefined) return;
    this.#put(this.makeFolders(`/${parts.join("/")}`), name, entry);
  }

  /** An empty file, in place of one that was there; `append` keeps what it has. */
  open(path: string, how: "replace" | "append" = "replace"): PlainFile {
    const { parent, name } = this.#place(this.#behindLinks(path));
    const known = parent.entries.get(name);
    if (name === "" || known?.type === "folder") throw new FileError("isFolder");
    if (known?.type === "file") {
      if (how === "replace") this.#empty(known);
      return known;
    }
    const changedAt = this.#now();
    const made: PlainFile = { type: "file", chunks: [], size: 0, mode: fileMode, changedAt };
    this.#put(parent, name, made);
    return made;
  }

  append(file: PlainFile, data: Uint8Array): void {
    if (this.#usage.bytes + data.length > bytesMax) throw new FileError("full");
    this.#usage.bytes += data.length;
    // What is given may be a part of a much larger buffer.
    file.chunks.push(Uint8Array.from(data));
    file.size += data.length;
    file.changedAt = this.#now();
  }

  write(path: string, text: string, mode = fileMode): void {
    const file = this.open(path);
    this.append(file, Buffer.from(text));
    file.mode = mode;
  }

  link(path: string, target: string): void {
    const { parent, name } = this.#place(path);
    if (name === "" || parent.entries.get(name)?.type === "folder") throw new FileError("exists");
    this.#forget(parent.entries.get(name));
    this.#put(parent, name, { type: "link", target, mode: 0o777, changedAt: this.#now() });
  }

  remove(path: string): void {
    const { parent, name } = this.#place(path);
    const known = parent.entries.get(name);
    if (!known) throw new FileError("missing");
    this.#forget(known);
    parent.entries.delete(name);
  }

  #find(path: string, linksLeft: number, follow: boolean): Entry {
    let entry: Entry = this.#root;
    const parts = partsOf(path);
    for (const [index, name] of parts.entries()) {
      if (entry.type !== "folder") throw new FileError("notFolder");
      const next: Entry | undefined = entry.entries.get(name);
      if (!next) throw new FileError("missing");
      const isLast = index === parts.length - 1;
      if (next.type !== "link" || (isLast && !follow)) {
        entry = next;
        continue;
      }
      if (linksLeft === 0) throw new FileError("loop");
      const target = resolvePath(`/${parts.slice(0, index).join("/")}`, next.target);
      const rest = parts.slice(index + 1).join("/");
      return this.#find(`${target}/${rest}`, linksLeft - 1, follow);
    }
    return entry;
  }

  /** Where a path leads whose last part is a link to something that may not be there yet. */
  #behindLinks(path: string): string {
    let at = path;
    for (let left = linksMax; left > 0; left -= 1) {
      const { parent, name } = this.#place(at);
      const known = parent.entries.get(name);
      if (known?.type !== "link") return at;
      at = resolvePath(`/${partsOf(at).slice(0, -1).join("/")}`, known.target);
    }
    throw new FileError("loop");
  }

  #place(path: string): { readonly parent: Folder; readonly name: string } {
    const parts = partsOf(path);
    const name = parts.pop() ?? "";
    return { parent: this.folder(`/${parts.join("/")}`), name };
  }

  #put(folder: Folder, name: string, entry: Entry): void {
    if (this.#usage.entries >= entriesMax) throw new FileError("full");
    this.#usage.entries += 1;
    folder.entries.set(name, entry);
    folder.changedAt = this.#now();
  }

  #empty(file: PlainFile): void {
    this.#usage.bytes -= file.size;
    file.chunks.length = 0;
    file.size = 0;
    file.changedAt = this.#now();
  }

  #forget(entry: Entry | undefined): void {
    if (!entry) return;
    this.#usage.entries -= 1;
    if (entry.type === "file") this.#usage.bytes -= entry.size;
    if (entry.type === "folder") for (const each of entry.entries.values()) this.#forget(each);
  }
}

/** Names on the way, without `.` and with `..` resolved. */
export function partsOf(path: string): string[] {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") parts.pop();
    else parts.push(part);
  }
  return parts;
}

/** An absolute path for one that starts at a folder. */
export const resolvePath = (folder: string, path: string): string =>
  `/${partsOf(path.startsWith("/") ? path : `${folder}/${path}`).join("/")}`;
