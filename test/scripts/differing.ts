/**
 * Where the recorded transcripts and these plays may differ: another version of kubectl, nodes that
 * only pretend in one way or another, and descriptions in our own words. Pure.
 */

/** What older ones than this print differs in many small ways. */
export const minorMin = 33;

/** Commands that an older kubectl does not have. */
const newCommands: readonly { readonly since: number; readonly words: RegExp }[] = [
  { since: 34, words: /-o kyaml|-o nonsense/ },
  { since: 34, words: /autoscale|\bhpa\b/ },
  { since: 34, words: /^describe sa / },
];

export const isTooNew = (words: string, minor: number): boolean =>
  newCommands.some(({ since, words: pattern }) => minor < since && pattern.test(words));

/** Both sides of a comparison, without what may differ. */
export function comparable(words: string, lines: readonly string[]): string[] {
  const kept = lines
    .filter((line) => !line.endsWith("creationTimestamp: null"))
    .map((line) => withoutNode(withoutVersion(line)));
  if (words.startsWith("explain ")) return withoutDescriptions(kept);
  if (/^describe (secret|configmap|cm) /.test(words)) return withSortedData(kept);
  return kept;
}

/** Newer ones tell the namespace of what they delete, the part that an event is about, and more. */
const withoutVersion = (line: string): string =>
  line
    .replace(/(is not valid for pod \S+) out of: .*/, "$1")
    .replace(/ spec\.(initContainers|containers)\{[^}]*\}: /, " ")
    .replace(/ deleted from \$NS namespace/, " deleted")
    .replace("cannot delete cannot delete", "cannot delete");

/** The recorded nodes said to have containerd; ours say that they are simulated. */
function withoutNode(line: string): string {
  return line
    .replace(/(containerd|simulated):\/\/(<sha>|[0-9a-f]{32})/, "<container>")
    .replace(/(imageID"?: "?)(simulated:\/\/)?([^@"]*)(@sha256:<sha>)?/, "$1$3");
}

/** kubectl walks through the data of a secret or a config map in an order of chance. */
function withSortedData(lines: readonly string[]): string[] {
  const from = lines.indexOf("====") + 1;
  return [...lines.slice(0, from), ...lines.slice(from, -1).toSorted(), ...lines.slice(-1)];
}

/** Names and types of fields stay. */
const withoutDescriptions = (lines: readonly string[]): string[] =>
  lines.filter((line) => line !== "" && (!line.startsWith("    ") || line.includes("\t<")));
