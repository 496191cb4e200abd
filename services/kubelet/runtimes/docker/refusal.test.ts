import { expect, test } from "vitest";
import { ifThere, messageOf, refusalCode } from "./refusal.ts";

const refusal = (statusCode: number, message: string, json?: object) =>
  Object.assign(new Error(message), { statusCode, json });

test.each([
  [refusal(404, "x", { message: "No such image: a" }), 404, "No such image: a"],
  [refusal(500, "(HTTP code 500) server error - no host ", undefined), 500, "no host"],
  [new Error("connect ECONNREFUSED"), undefined, "connect ECONNREFUSED"],
  ["text", undefined, "text"],
])("%s", (error, code, message) => {
  expect(refusalCode(error)).toBe(code);
  expect(messageOf(error)).toBe(message);
});

test("what is not there is nothing, other refusals are errors", async () => {
  expect(await ifThere(Promise.resolve(1))).toBe(1);
  expect(await ifThere(Promise.reject(refusal(404, "gone")))).toBeUndefined();
  await expect(ifThere(Promise.reject(refusal(500, "broken")))).rejects.toThrow("broken");
});
