/** Warning headers, as apiserver/pkg/endpoints/filters/warning.go writes them. Pure. */
import { yamlErrorHead } from "./body/yaml.ts";

/** Characters of all warnings; when there are more, each is cut. */
const charactersMax = 4 * 1024;
const cutCharactersMax = 256;

/**
 * One header a text, each text once. What has control characters is left out, except the errors
 * of several lines of go-yaml, which are told line by line.
 */
export function warningHeaders(texts: readonly string[]): string[] {
  const told = [...new Set(texts.flatMap(linesOf))].filter((text) => !hasControls(text));
  const whole = told.reduce((sum, text) => sum + countOf(text), 0) <= charactersMax;
  return (whole ? told : cut(told)).map(warningHeader);
}

function linesOf(text: string): string[] {
  if (!text.startsWith(yamlErrorHead)) return text === "" ? [] : [text];
  const lines = text.slice(yamlErrorHead.length).split("\n");
  return lines.map((line) => line.trim()).filter(Boolean);
}

const hasControls = (text: string): boolean => /\p{Cc}/u.test(text);

const countOf = (text: string): number => [...text].length;

/** The first ones, cut to a bounded length each, until there are too many. */
function cut(texts: readonly string[]): string[] {
  const kept: string[] = [];
  let written = 0;
  for (const text of texts) {
    if (written >= charactersMax) break;
    const short = [...text].slice(0, cutCharactersMax).join("");
    written += countOf(short);
    kept.push(short);
  }
  return kept;
}

/** `299 - "text"`, quoted as RFC 7234 wants it, in bytes of UTF-8 as Go sends them. */
function warningHeader(text: string): string {
  const quoted = `299 - "${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
  return Buffer.from(quoted, "utf8").toString("latin1");
}
