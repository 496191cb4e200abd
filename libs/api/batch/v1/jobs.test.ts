import { expect, test } from "vitest";
import type { Job, JobSpec } from "#proto/gen/k8s/batch/v1.ts";
import { fieldErrorText, type FieldError } from "../../errors.ts";
import { jobs } from "./jobs.ts";

const facts = { now: 0, verb: "update", subresource: "", user: "u", uuid: () => "1" } as const;
const texts = (errors: FieldError[] | undefined) => (errors ?? []).map(fieldErrorText);

const podSpec = { restartPolicy: "Never", containers: [{ name: "c", image: "i" }] };

function jobOf(spec: JobSpec = {}, name = "j"): Job {
  const template = { spec: { ...podSpec } };
  const job: Job = { metadata: { name, namespace: "n", uid: "u" }, spec: { template, ...spec } };
  jobs.defaults?.(job);
  jobs.prepareForCreate?.(job, facts);
  return job;
}

const indexed: JobSpec = { completionMode: "Indexed", completions: 5 };

test("defaults and the selector of a job", () => {
  const labels = {
    "batch.kubernetes.io/controller-uid": "u",
    "batch.kubernetes.io/job-name": "j",
    "controller-uid": "u",
    "job-name": "j",
  };
  expect(jobOf().spec).toMatchObject({
    completions: 1,
    parallelism: 1,
    backoffLimit: 6,
    completionMode: "NonIndexed",
    suspend: false,
    podReplacementPolicy: "TerminatingOrFailed",
    selector: { matchLabels: { "batch.kubernetes.io/controller-uid": "u" } },
    template: { metadata: { labels } },
  });
  const perIndex = jobOf({ ...indexed, backoffLimitPerIndex: 1, parallelism: 2 }).spec;
  expect(perIndex).toMatchObject({ backoffLimit: 2 ** 31 - 1, parallelism: 2 });
});

const rules = "spec.podFailurePolicy.rules[0]";
const onExitCodes = { operator: "In", values: [1] };
const failureRule = (rule: object): JobSpec => ({ podFailurePolicy: { rules: [rule] } });
const successRule = (rule: object): JobSpec => ({ ...indexed, successPolicy: { rules: [rule] } });

test.each<[string, JobSpec, unknown[]]>([
  ["the defaults", {}, []],
  ["an index for each", { ...indexed, backoffLimitPerIndex: 1, maxFailedIndexes: 5 }, []],
  [
    "counts below nothing",
    { parallelism: -1, completions: -1, activeDeadlineSeconds: -1, ttlSecondsAfterFinished: -1 },
    ["parallelism", "completions", "activeDeadlineSeconds", "ttlSecondsAfterFinished"].map(
      (field) => `spec.${field}: Invalid value: -1: must be greater than or equal to 0`,
    ),
  ],
  [
    "pods that run for ever",
    { template: { spec: { ...podSpec, restartPolicy: "Always" } } },
    ['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
  ],
  [
    "another mode",
    { completionMode: "Some" },
    ['spec.completionMode: Unsupported value: "Some": supported values: "NonIndexed", "Indexed"'],
  ],
  [
    "limits of indexes without any",
    { backoffLimitPerIndex: 1, maxFailedIndexes: 1 },
    [
      "spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode",
      "spec.maxFailedIndexes: Invalid value: 1: requires indexed completion mode",
    ],
  ],
  [
    "a limit of indexes alone",
    { ...indexed, maxFailedIndexes: 6 },
    [
      "spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified",
      "spec.maxFailedIndexes: Invalid value: 6: must be less than or equal to completions",
    ],
  ],
  [
    "many indexes",
    {
      completionMode: "Indexed",
      completions: 100_001,
      parallelism: 10_001,
      backoffLimitPerIndex: 1,
    },
    [
      "spec.maxFailedIndexes: Required value: must be specified when completions is above 100000",
      "spec.parallelism: Invalid value: 10001: must be less than or equal to 10000 when " +
        "completions are above 100000 and used with backoff limit per index",
    ],
  ],
  [
    "a manager without a domain",
    { managedBy: "me" },
    ['spec.managedBy: Invalid value: "me": must be a domain-prefixed path (such as "acme.io/foo")'],
  ],
  [
    "another replacement",
    { podReplacementPolicy: "Some" },
    [
      'spec.podReplacementPolicy: Unsupported value: "Some": supported values: "Failed", ' +
        '"TerminatingOrFailed"',
    ],
  ],
  [
    "a replacement that a policy of failure forbids",
    {
      ...failureRule({ action: "Ignore", onExitCodes }),
      podReplacementPolicy: "TerminatingOrFailed",
    },
    [
      'spec.podReplacementPolicy: Unsupported value: "TerminatingOrFailed": ' +
        'supported values: "Failed"',
    ],
  ],
  [
    "a rule of failure without a reason",
    failureRule({ action: "FailIndex" }),
    [
      `${rules}.action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set`,
      `${rules}: Invalid value: specifying one of OnExitCodes and OnPodConditions is required`,
    ],
  ],
  [
    "a rule of failure with two",
    failureRule({ action: "Ignore", onExitCodes, onPodConditions: [{ type: "T" }] }),
    [`${rules}: Invalid value: specifying both OnExitCodes and OnPodConditions is not supported`],
  ],
  [
    "codes that cannot be",
    failureRule({
      action: "Some",
      onExitCodes: { operator: "In", containerName: "x", values: [2, 2, 0] },
    }),
    [
      `${rules}.action: Unsupported value: "Some": supported values: "Count", "FailIndex", ` +
        '"FailJob", "Ignore"',
      `${rules}.onExitCodes.containerName: Invalid value: "x": must be one of the container or ` +
        "initContainer names in the pod template",
      `${rules}.onExitCodes.values[1]: Duplicate value: 2`,
      `${rules}.onExitCodes.values[2]: Invalid value: 0: must not be 0 for the In operator`,
      `${rules}.onExitCodes.values: Invalid value: [2,2,0]: must be ordered`,
    ],
  ],
  [
    "conditions that cannot be",
    failureRule({ action: "Count", onPodConditions: [{ type: "a b", status: "Some" }] }),
    [
      expect.stringContaining(`${rules}.onPodConditions[0].type: Invalid value: "a b": name part`),
      `${rules}.onPodConditions[0].status: Unsupported value: "Some": supported values: "False", ` +
        '"True", "Unknown"',
    ],
  ],
  [
    "a success that nothing brings",
    { ...indexed, successPolicy: { rules: [] } },
    [
      "spec.successPolicy.rules: Required value: at least one rules must be specified when the " +
        "successPolicy is specified",
    ],
  ],
  [
    "a rule of success that says nothing",
    successRule({}),
    [
      "spec.successPolicy.rules[0]: Required value: at least one of succeededCount or " +
        "succeededIndexes must be specified",
    ],
  ],
  [
    "a rule of success that cannot be",
    successRule({ succeededIndexes: "1-2", succeededCount: 6 }),
    [
      "spec.successPolicy.rules[0].succeededCount: Invalid value: 6: must be less than or equal " +
        "to 5 (the number of specified completions)",
      "spec.successPolicy.rules[0].succeededCount: Invalid value: 6: must be less than or equal " +
        "to 2 (the number of indexes in the specified succeededIndexes field)",
    ],
  ],
  ...[
    ["3-1", "non-increasing order, previous: 3, current: 1"],
    ["1,1", "non-increasing order, previous: 1, current: 1"],
    [
      "1-2-3",
      'the fragment "1-2-3" violates the requirement that an index interval can have ' +
        "at most two parts separated by '-'",
    ],
    ["x", 'cannot convert string to integer for index: "x"'],
    ["5", 'too large index: "5"'],
  ].map(([text = "", detail = ""]): [string, JobSpec, string[]] => [
    `indexes ${text}`,
    successRule({ succeededIndexes: text }),
    [
      `spec.successPolicy.rules[0].succeededIndexes: Invalid value: "${text}": ` +
        `error parsing succeededIndexes: ${detail}`,
    ],
  ]),
])("a job: %s", (_, spec, expected) => {
  expect(texts(jobs.validate(jobOf(spec), facts))).toEqual(expected);
});

test("a selector that a client brings has to be its own", () => {
  const job = jobOf({ selector: { matchLabels: { a: "b" } } });
  expect(texts(jobs.validate(job, facts))).toEqual([
    expect.stringMatching(/^spec.selector: Invalid value: .*: `selector` not auto-generated$/),
    expect.stringMatching(/^spec.template.metadata.labels: .*does not match template `labels`$/),
  ]);
  const manual = jobOf({
    manualSelector: true,
    selector: { matchLabels: { a: "b" } },
    template: { metadata: { labels: { a: "b" } }, spec: podSpec },
  });
  expect(texts(jobs.validate(manual, facts))).toEqual([]);
});

test("an indexed job has a name that is short enough for its pods", () => {
  const name = "a".repeat(62);
  expect(texts(jobs.validate(jobOf(indexed, name), facts))).toEqual([
    `metadata.name: Invalid value: "${name}": ` +
      `will not able to create pod with invalid DNS label: ${name}-4`,
  ]);
});

test.each<[string, JobSpec, JobSpec, unknown[]]>([
  ["more at once", {}, { completions: 1, parallelism: 3 }, []],
  [
    "more in all",
    {},
    { completions: 3 },
    ["spec.completions: Invalid value: 3: field is immutable"],
  ],
  [
    "a larger indexed one",
    { ...indexed, parallelism: 5 },
    { ...indexed, completions: 6, parallelism: 6 },
    [],
  ],
  [
    "a larger indexed one, of which not all run",
    indexed,
    { ...indexed, completions: 6 },
    ["spec.completions: Invalid value: 6: can only be modified in tandem with spec.parallelism"],
  ],
  [
    "another template",
    {},
    { template: { spec: { ...podSpec, nodeSelector: { a: "b" } } } },
    [expect.stringMatching(/^spec.template: Invalid value: .*: field is immutable$/)],
  ],
  [
    "other nodes while it is suspended",
    { suspend: true },
    { suspend: true, template: { spec: { ...podSpec, nodeSelector: { a: "b" } } } },
    [],
  ],
  [
    "another mode",
    { completions: 1, parallelism: 1 },
    { completions: 1, parallelism: 1, completionMode: "Indexed" },
    ['spec.completionMode: Invalid value: "Indexed": field is immutable'],
  ],
  [
    "another manager",
    {},
    { managedBy: "a.io/b" },
    ['spec.managedBy: Invalid value: "a.io/b": field is immutable'],
  ],
])("a job becomes %s", (_, before, after, expected) => {
  expect(texts(jobs.validateUpdate?.(jobOf(after), jobOf(before), facts))).toEqual(expected);
});

test("rows", () => {
  const spec = { ...indexed, parallelism: 2 };
  const conditions = [{ type: "Suspended", status: "True" }];
  const [startTime, completionTime] = ["2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"];
  const job = { ...jobOf(spec), status: { startTime, completionTime, succeeded: 1, conditions } };
  const row = jobs.printColumns.map(({ cell }) => cell(job, 0));
  const selector = "batch.kubernetes.io/controller-uid=u";
  expect(row).toEqual(["j", "Suspended", "1/5", "1s", "<unknown>", "c", "i", selector]);
});
