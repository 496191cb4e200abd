import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { Summary } from "./summary.ts";

const root = join(import.meta.dirname, "..", "..");

export default defineConfig({
  root,
  cacheDir: join(root, ".cache", "vitest"),
  test: {
    include: ["{libs,services,infra,test}/**/*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    reporters: ["default", new Summary()],
  },
});
