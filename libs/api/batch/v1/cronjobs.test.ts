import { expect, test } from "vitest";
import type { CronJob, CronJobSpec } from "#proto/gen/k8s/batch/v1.ts";
import { fieldErrorText, type FieldError } from "../../errors.ts";
import { cronjobs } from "./cronjobs.ts";

const facts = { now: 0, verb: "update", subresource: "", user: "u", uuid: () => "1" } as const;
const texts = (errors: FieldError[] | undefined) => (errors ?? []).map(fieldErrorText);

const podSpec = { restartPolicy: "Never", containers: [{ name: "c", image: "i" }] };

function cronOf(spec: CronJobSpec = {}, name = "c"): CronJob {
  const jobTemplate = { spec: { template: { spec: { ...podSpec } } } };
  const cron: CronJob = {
    metadata: { name, namespace: "n" },
    spec: { schedule: "@hourly", jobTemplate, ...spec },
  };
  cronjobs.defaults?.(cron);
  return cron;
}

test.each<[string, CronJobSpec, unknown[]]>([
  ["the defaults", {}, []],
  ["never", { schedule: "" }, ["spec.schedule: Required value"]],
  [
    "at no time",
    { schedule: "x" },
    ['spec.schedule: Invalid value: "x": expected exactly 5 fields, found 1: [x]'],
  ],
  [
    "in a zone of old",
    { schedule: "TZ=UTC 0 * * * *" },
    [
      'spec.schedule: Invalid value: "TZ=UTC 0 * * * *": ' +
        "cannot use TZ or CRON_TZ in schedule, use timeZone field instead",
    ],
  ],
  [
    "in no zone",
    { timeZone: "Mars/Sea" },
    ['spec.timeZone: Invalid value: "Mars/Sea": unknown time zone Mars/Sea'],
  ],
  [
    "another concurrency",
    { concurrencyPolicy: "Some" },
    [
      'spec.concurrencyPolicy: Unsupported value: "Some": ' +
        'supported values: "Allow", "Forbid", "Replace"',
    ],
  ],
  [
    "counts below nothing",
    { startingDeadlineSeconds: -1, successfulJobsHistoryLimit: -1, failedJobsHistoryLimit: -1 },
    ["startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"].map(
      (field) => `spec.${field}: Invalid value: -1: must be greater than or equal to 0`,
    ),
  ],
  [
    "a selector of its own",
    {
      jobTemplate: {
        spec: { manualSelector: true, selector: {}, template: { spec: { ...podSpec } } },
      },
    },
    [
      expect.stringMatching(
        /^spec.jobTemplate.spec.selector: .*`selector` will be auto-generated$/,
      ),
      "spec.jobTemplate.spec.manualSelector: Unsupported value: true: " +
        'supported values: "nil", "false"',
    ],
  ],
])("a cron job: %s", (_, spec, expected) => {
  expect(texts(cronjobs.validate(cronOf(spec), facts))).toEqual(expected);
});

test("a cron job's name leaves room for those of its jobs", () => {
  const name = "a".repeat(53);
  expect(texts(cronjobs.validate(cronOf({}, name), facts))).toEqual([
    `metadata.name: Invalid value: "${name}": must be no more than 52 characters`,
  ]);
});

test("a zone that was in a schedule may stay there", () => {
  const schedule = "TZ=UTC 0 * * * *";
  const cron = cronOf({ schedule });
  expect(texts(cronjobs.validateUpdate?.(cron, cron, facts))).toEqual([]);
  expect(cronjobs.warnings?.(cron, cron)).toEqual([
    expect.stringMatching(/^CRON_TZ or TZ used in spec.schedule is not officially supported/),
  ]);
});

test("rows", () => {
  const cron = cronjobs.printColumns.map(({ cell }) => cell(cronOf(), 0));
  expect(cron).toEqual([
    "c",
    "@hourly",
    "<none>",
    "False",
    0,
    "<none>",
    "<unknown>",
    "c",
    "i",
    "<none>",
  ]);
});
