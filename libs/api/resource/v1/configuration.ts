/** What a driver is told of a device, in words of its own. */
import type { DeviceConfiguration, DeviceSelector } from "#proto/gen/k8s/resource/v1.ts";
import { invalid, required, tooLong, type FieldError } from "../../errors.ts";
import { celField } from "../../validation/cel.ts";
import { driverNameField } from "../../validation/drivers.ts";
import { validateList } from "./lists.ts";

export const configsMax = 32;
const parametersBytesMax = 10 * 1024;

/** `isStored`: unchanged, so that no bound that came later is held against it. */
export function validateConfiguration(
  { opaque }: DeviceConfiguration,
  path: string,
  { isStored = false }: { readonly isStored?: boolean } = {},
): FieldError[] {
  const at = `${path}.opaque`;
  if (opaque === undefined) return [required(at, "")];
  const bytesMax = isStored ? Number.POSITIVE_INFINITY : parametersBytesMax;
  return [
    ...driverNameField(`${at}.driver`, opaque.driver),
    ...rawObjectField(`${at}.parameters`, opaque.parameters, bytesMax),
  ];
}

/** An object of any kind. */
export function rawObjectField(path: string, value: unknown, bytesMax: number): FieldError[] {
  if (value === undefined || value === null) return [required(path, "")];
  if (Buffer.byteLength(JSON.stringify(value)) > bytesMax) return [tooLong(path, bytesMax)];
  if (typeof value === "object" && !Array.isArray(value)) return [];
  return [invalid(path, "<value omitted>", "must be a valid JSON object")];
}

const selectorsMax = 32;
const expressionBytesMax = 10 * 1024;

/** Expressions that choose devices. */
export function validateSelectors(
  selectors: readonly DeviceSelector[] | undefined,
  path: string,
): FieldError[] {
  return validateList(selectors, selectorsMax, path, ({ cel }, at) => {
    if (cel === undefined) return [required(`${at}.cel`, "")];
    const { expression = "" } = cel;
    const field = `${at}.cel.expression`;
    if (Buffer.byteLength(expression) > expressionBytesMax) {
      return [tooLong(field, expressionBytesMax)];
    }
    return celField(field, expression, { type: "deviceSelector" });
  });
}
