/** Versions as three numbers. */
export type Version = readonly [major: number, minor: number, patch: number];

/** First `1.2.3` (or `1.2`) of a text, such as the answer to --version. */
export function parseVersion(text: string): Version | undefined {
  const match = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  if (!match) return undefined;
  const [, major, minor, patch = "0"] = match;
  return [Number(major), Number(minor), Number(patch)];
}

/** Negative when the first is older, 0 when they are the same. */
export function compareVersions(first: Version, second: Version): number {
  return first[0] - second[0] || first[1] - second[1] || first[2] - second[2];
}

export const versionText = (version: Version): string => version.join(".");
