/**
 * Which objects a selector selects: label selectors as text and as LabelSelector, field selectors.
 * Syntax, order and error texts are those of k8s.io/apimachinery pkg/labels and pkg/fields.
 */
import { ownValue } from "./own.ts";
import type { LabelSelector } from "#proto/gen/k8s/meta/v1.ts";
import { badRequest } from "./errors.ts";
import { goQuote } from "./gotext.ts";
import { parseRequirements } from "./selectors/parse.ts";
import { newRequirement, type Operator, type Requirement } from "./selectors/requirement.ts";

export type { Operator, Requirement } from "./selectors/requirement.ts";

type Labels = Readonly<Record<string, string>>;

/** All requirements must hold; without any, everything is selected. */
export interface Selector {
  readonly requirements: readonly Requirement[];
  /** True for the selector of an absent LabelSelector, which selects no object at all. */
  readonly selectsNothing: boolean;
}

const selectsEverything: Selector = { requirements: [], selectsNothing: false };
const selectsNothing: Selector = { requirements: [], selectsNothing: true };

/**
 * A selector in its text form: `app=web,tier in (a,b),!old`. Requirements come sorted by key.
 * Throws BadRequest, worded as Kubernetes words it, when the text does not parse.
 */
export function parseLabelSelector(text: string): Selector {
  if (text === "") return selectsEverything;
  return { requirements: sortedByKey(parseRequirements(text)), selectsNothing: false };
}

/** Whether an object with these labels is selected. */
export function matchesSelector(selector: Selector, labels: Labels | undefined): boolean {
  if (selector.selectsNothing) return false;
  for (const requirement of selector.requirements) {
    if (!matchesRequirement(requirement, labels ?? {})) return false;
  }
  return true;
}

/** Whether labels meet one requirement: NotIn and != hold as well where the key is absent. */
function matchesRequirement(requirement: Requirement, labels: Labels): boolean {
  const { key, operator, values, bound } = requirement;
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case "=":
    case "==":
    case "in":
      return value !== undefined && values.includes(value);
    case "!=":
    case "notin":
      return value === undefined || !values.includes(value);
    case "exists":
      return value !== undefined;
    case "!":
      return value === undefined;
    case "gt":
    case "lt":
      return value !== undefined && isBeyond(operator, value, bound);
  }
}

const integer = /^[+-]?\d+$/;

function isBeyond(operator: "gt" | "lt", value: string, bound: bigint | undefined): boolean {
  if (bound === undefined || !integer.test(value)) return false;
  return operator === "gt" ? BigInt(value) > bound : BigInt(value) < bound;
}

const operatorOf: Readonly<Record<string, Operator>> = {
  In: "in",
  NotIn: "notin",
  Exists: "exists",
  DoesNotExist: "!",
};

/**
 * A LabelSelector as a Selector: absent selects nothing, empty selects everything. Throws
 * BadRequest for a selector that validation would refuse.
 */
export function selectorOfLabelSelector(selector: LabelSelector | null | undefined): Selector {
  if (selector === undefined || selector === null) return selectsNothing;
  const requirements: Requirement[] = [];
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    requirements.push(newRequirement(key, "=", [value]));
  }
  for (const { key = "", operator = "", values = [] } of selector.matchExpressions ?? []) {
    const known = ownValue(operatorOf, operator);
    if (known === undefined) {
      throw badRequest(`${goQuote(operator)} is not a valid label selector operator`);
    }
    requirements.push(newRequirement(key, known, values));
  }
  return { requirements: sortedByKey(requirements), selectsNothing: false };
}

/** Exactly these labels, as a Service or ReplicationController selects its pods. Not checked. */
export function selectorOfLabels(labels: Labels): Selector {
  const requirements = Object.entries(labels).map(([key, value]): Requirement => ({
    key,
    operator: "=",
    values: [value],
    bound: undefined,
  }));
  return { requirements: sortedByKey(requirements), selectsNothing: false };
}

const sortedByKey = (requirements: Requirement[]): Requirement[] =>
  requirements.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));

/** The text form: what a Scale's `status.selector` holds. Nothing is the empty text. */
export function selectorText({ requirements }: Selector): string {
  return requirements.map(requirementText).join(",");
}

function requirementText({ key, operator, values }: Requirement): string {
  const words = values.toSorted().join(",");
  switch (operator) {
    case "exists":
      return key;
    case "!":
      return `!${key}`;
    case "in":
    case "notin":
      return `${key} ${operator} (${words})`;
    case "gt":
      return `${key}>${words}`;
    case "lt":
      return `${key}<${words}`;
    default:
      return `${key}${operator}${words}`;
  }
}

/** One term of a field selector. */
export interface FieldRequirement {
  /** Path as written: `metadata.name`. */
  readonly field: string;
  readonly operator: "=" | "!=";
  readonly value: string;
}

/**
 * A field selector's terms (`=`, `==`, `!=`), sorted by their text; empty ones are skipped. In a
 * value `\\`, `\,` and `\=` stand for the character after the backslash. Throws BadRequest.
 */
export function parseFieldSelector(text: string): FieldRequirement[] {
  const terms = splitTerms(text).sort();
  return terms.filter((term) => term !== "").map((term) => fieldRequirement(text, term));
}

function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === ",") {
      terms.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...terms, text.slice(start)];
}

function fieldRequirement(text: string, term: string): FieldRequirement {
  const found = /!=|==|=/.exec(term);
  if (found === null) {
    throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
  }
  return {
    field: term.slice(0, found.index),
    operator: found[0] === "!=" ? "!=" : "=",
    value: unescapeValue(term.slice(found.index + found[0].length)),
  };
}

function unescapeValue(value: string): string {
  if (!/[\\,=]/.test(value)) return value;
  let plain = "";
  for (let at = 0; at < value.length; at++) {
    const char = value.charAt(at);
    if (char === "=") {
      // Go prints the rune as its number.
      const code = char.charCodeAt(0);
      throw badRequest(`invalid field selector: unescaped character in value: ${code}`);
    }
    if (char !== "\\") {
      plain += char;
      continue;
    }
    const next = value.charAt(++at);
    if (next !== "\\" && next !== "," && next !== "=") {
      throw badRequest(`invalid field selector: invalid escape sequence: \\${next}`);
    }
    plain += next;
  }
  return plain;
}
