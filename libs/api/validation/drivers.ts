/** Names of drivers: of volumes, and of devices. */
import { required, tooLong, type FieldError } from "../errors.ts";
import { dns1123SubdomainErrors } from "../names.ts";
import { invalidFor } from "./fields.ts";

const driverNameMax = 63;

/** A DNS subdomain, of whose letters the case does not count. */
export function driverNameField(path: string, driver: string | undefined): FieldError[] {
  if (!driver) return [required(path, "")];
  return [
    ...(driver.length > driverNameMax ? [tooLong(path, driverNameMax)] : []),
    ...invalidFor(path, driver, dns1123SubdomainErrors(driver.toLowerCase())),
  ];
}
