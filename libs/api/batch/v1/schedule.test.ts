import { expect, test } from "vitest";
import { parseSchedule, ScheduleError } from "./cronjobs/schedule.ts";
import { timeZoneErrors } from "./cronjobs/timezone.ts";

const many = (first: number, last: number, step = 1): number[] => {
  const numbers: number[] = [];
  for (let number = first; number <= last; number += step) numbers.push(number);
  return numbers;
};

const whole = {
  minutes: many(0, 59),
  hours: many(0, 23),
  daysOfMonth: many(1, 31),
  months: many(1, 12),
  daysOfWeek: many(0, 6),
};

function partsOf(text: string): object {
  const schedule = parseSchedule(text);
  if (schedule.type === "every") return schedule;
  const { minutes, hours, daysOfMonth, months, daysOfWeek, anyDay, zone } = schedule;
  const sets = { minutes, hours, daysOfMonth, months, daysOfWeek };
  const lists = Object.entries(sets).map(([name, set]) => [name, [...set].sort((a, b) => a - b)]);
  return { ...Object.fromEntries(lists), anyDay, zone };
}

test.each<[string, object]>([
  ["* * * * *", { ...whole, anyDay: false }],
  [
    "*/20 0-4/2 1,15 * ?",
    { ...whole, minutes: [0, 20, 40], hours: [0, 2, 4], daysOfMonth: [1, 15], anyDay: false },
  ],
  ["5/25 * * * *", { ...whole, minutes: [5, 30, 55], anyDay: false }],
  [
    "0 0 13 jan-mar FRI",
    {
      minutes: [0],
      hours: [0],
      daysOfMonth: [13],
      months: [1, 2, 3],
      daysOfWeek: [5],
      anyDay: true,
    },
  ],
  ["  0\t0 * * *", { ...whole, minutes: [0], hours: [0], anyDay: false }],
  ["@hourly", { ...whole, minutes: [0], anyDay: false }],
  ["@weekly", { ...whole, minutes: [0], hours: [0], daysOfWeek: [0], anyDay: false }],
  [
    "TZ=Europe/Berlin @daily",
    { ...whole, minutes: [0], hours: [0], anyDay: false, zone: "Europe/Berlin" },
  ],
  ["@every 1h30m", { type: "every", seconds: 5400 }],
  ["@every 1.5s", { type: "every", seconds: 1 }],
  ["@every 1ms", { type: "every", seconds: 1 }],
])("the schedule %j", (text, expected) => {
  expect(partsOf(text)).toEqual(expected);
});

test.each<[string, string]>([
  ["", "empty spec string"],
  ["* * * *", "expected exactly 5 fields, found 4: [* * * *]"],
  ["60 * * * *", "end of range (60) above maximum (59): 60"],
  ["* * 0 * *", "beginning of range (0) below minimum (1): 0"],
  ["5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1"],
  ["*/0 * * * *", "step of range should be a positive number: */0"],
  ["1-2-3 * * * *", "too many hyphens: 1-2-3"],
  ["1/2/3 * * * *", "too many slashes: 1/2/3"],
  ["x * * * *", 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'],
  ["@often", "unrecognized descriptor: @often"],
  ["@every x", 'failed to parse duration @every x: time: invalid duration "x"'],
  ["@every 1", 'failed to parse duration @every 1: time: missing unit in duration "1"'],
  ["@every 1y", 'failed to parse duration @every 1y: time: unknown unit "y" in duration "1y"'],
  ["TZ=Mars/Sea * * * * *", "provided bad location Mars/Sea: unknown time zone Mars/Sea"],
])("no schedule: %j", (text, message) => {
  expect(() => parseSchedule(text)).toThrow(new ScheduleError(message));
});

test.each<[string, string[]]>([
  ["Europe/Berlin", []],
  ["Etc/UTC", []],
  ["UTC", []],
  ["", ["timeZone must be nil or non-empty string"]],
  [
    "local",
    [
      "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones",
      "unknown time zone local",
    ],
  ],
  ["europe/berlin", ["unknown time zone europe/berlin"]],
  ["+01:00", ["unknown time zone +01:00"]],
  ["../Berlin", ["unknown time zone ../Berlin"]],
])("the zone %j", (zone, expected) => {
  expect(timeZoneErrors(zone)).toEqual(expected);
});
