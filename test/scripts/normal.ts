/** What the server or the clock chose becomes a placeholder; what a transcript says stays. Pure. */

/** What is known about one play of a transcript. */
export interface Scene {
  readonly namespace: string;
  readonly folder: string;
  readonly server: string;
  readonly kubeconfig: string;
  /** Names of the nodes, sorted. */
  readonly nodes: readonly string[];
  /** Everything that the transcript gives to kubectl. */
  readonly given: string;
  /** Placeholders of generated names, by kind and text; grows while it is played. */
  readonly seen: Map<string, Map<string, number>>;
}

/** The letters that Kubernetes makes names of. */
const drawn = "[bcdfghjklmnpqrstvwxz2456789]";
const age = String.raw`(?:\d+d\d+h|\d+h\d+m|\d+m\d+s|\d+[smhdy])`;
const uid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const stamp = /\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| [+-]\d{4})/g;
const longStamp = /\b[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}/g;
const certificate = /-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g;
const token = /eyJ[\w-]+\.[\w-]+\.[\w-]+/g;
const logHead = /^[IWE]\d{4} [\d:.]+ +\d+ (\S+?):\d+\]/gm;
const temporary = /\b(LIVE|MERGED)-\d+|\b(kubectl)[\w.]*-(edit)-\d+/g;
const version = /(resourceVersion\\*"?: ?\\*"?)\d+/gi;
const listVersion = /(resource version:?\s+"?)\d+/gi;
const address = /\b\d{1,3}(\.\d{1,3}){3}\b/g;
const nodePort = /\b3[0-2]\d{3}\b(?=\/)|(?<=nodePort"?: )3[0-2]\d{3}\b/gi;
const zone = /(topology\.kubernetes\.io\/zone"?[=:] ?"?)[\w-]+/g;
const hash = new RegExp(`(?<=[a-z0-9]-|hash[=:"]+ ?"?)${drawn}{7,10}(?![a-z0-9.])`, "g");
const suffix = new RegExp(`(?<=[a-z0-9>]-)${drawn}{5}(?![a-z0-9.>])`, "g");
const anAge = new RegExp(
  `(?<=^|\\s|\\()(?<!(?:for|cpu|storage|memory|after|reached):?\\s+)${age}(?=$|\\s|\\))`,
  "gm",
);
const times = / \(x\d+ over <age>\)/g;
/** Ages change the width of columns; two spaces stand for a gap of any width. */
const gap = /(?<=\S)(?<!^[+-]) {2,}/g;

/** The lines of an output. */
export function normalLines(scene: Scene, output: string): string[] {
  const { namespace, folder, server, kubeconfig, given } = scene;
  const unless = (text: string, placeholder: string) => (given.includes(text) ? text : placeholder);
  const text = withNodes(scene, output)
    .replaceAll(folder, "$TMP")
    .replaceAll(namespace, "$NS")
    .replaceAll(server, "<server>")
    .replaceAll(kubeconfig, "<kubeconfig>")
    .replace(certificate, "<pem>")
    .replace(token, "<token>")
    .replace(uid, "<uid>")
    .replace(/\b[0-9a-f]{64}\b/g, "<sha>")
    .replace(logHead, "<log $1>")
    .replace(temporary, (_, merged?: string, program = "", verb = "") =>
      merged ? `${merged}-<n>` : `${program}-${verb}-<n>`,
    )
    .replace(stamp, "<time>")
    .replace(longStamp, "<time>")
    .replace(version, "$1<rv>")
    .replace(listVersion, "$1<rv>")
    .replace(address, (ip) => unless(ip, "<ip>"))
    .replace(nodePort, (port) => unless(port, "<port>"))
    .replace(zone, "$1<zone>")
    .replace(hash, (text) => unless(text, numbered(scene, "hash", text)))
    .replace(suffix, (text) => unless(text, numbered(scene, "pod", text)))
    .replace(anAge, "<age>")
    .replace(times, "");
  return text
    .replace(/\n+$/, "")
    .split("\n")
    .map((line) => line.replace(gap, "  ").trimEnd());
}

/** The last node is $NODE in transcripts that name it. */
function withNodes({ nodes, given }: Scene, output: string): string {
  return nodes.reduce((text, name, index) => {
    const whole = new RegExp(`(?<![\\w-])${name}(?![\\w-])`, "g");
    const isLast = index === nodes.length - 1;
    return text.replace(whole, () => (isLast && given.includes("$NODE") ? "$NODE" : "<node>"));
  }, output);
}

function numbered({ seen }: Scene, kind: string, text: string): string {
  const known = seen.get(kind) ?? new Map<string, number>();
  seen.set(kind, known);
  if (!known.has(text)) known.set(text, known.size + 1);
  return `<${kind}${known.get(text)}>`;
}
