/** Services that have an image: folders under services/ with a main.ts. */
export const serviceNames = [
  "store",
  "apiserver",
  "controllers",
  "scheduler",
  "kubelet",
  "proxy",
] as const;
