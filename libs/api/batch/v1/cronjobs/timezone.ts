/** Names of time zones, as Go's time.LoadLocation takes them. */

/** Why `zone` cannot be a cron job's; empty when it can. */
export function timeZoneErrors(zone: string): string[] {
  if (zone === "") return ["timeZone must be nil or non-empty string"];
  const unknown = `unknown time zone ${zone}`;
  if (!zone.split("/").every(isPart)) return [unknown];
  const errors: string[] = [];
  if (zone.toLowerCase() === "local") {
    const site = "https://www.iana.org/time-zones";
    errors.push(`timeZone must be an explicit time zone as defined in ${site}`);
  }
  if (zone !== "Local" && !isTimeZone(zone)) errors.push(unknown);
  return errors;
}

const partPattern = /^[A-Za-z._0-9+-]{1,14}$/;

const isPart = (part: string): boolean =>
  part !== "." && part !== ".." && !part.startsWith("-") && partPattern.test(part);

/** True for a zone of the IANA database, in its own letters: Go looks for a file of that name. */
export function isTimeZone(zone: string): boolean {
  // To ECMAScript a bare offset is a zone, too.
  if (!/^[A-Z]/.test(zone)) return false;
  try {
    const { timeZone } = new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions();
    // An alias resolves to another name, of which nothing can be said.
    return timeZone.toLowerCase() !== zone.toLowerCase() || timeZone === zone;
  } catch {
    return false;
  }
}
