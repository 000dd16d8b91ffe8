import { defineConfig } from "vitest/config";

const common = { testTimeout: 60_000, hookTimeout: 60_000, pool: "forks" as const };

// biome-ignore lint/style/noDefaultExport: vitest reads its configuration from the default export
export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...common,
          name: "unit",
          include: [
            "src/**/*.test.ts",
            "cli/**/*.test.ts",
            "console/**/*.test.ts",
            "test/conformance/**/*.test.ts",
            "examples/*/test/**/*.test.ts",
          ],
        },
      },
      { test: { ...common, name: "journeys", include: ["test/journeys/**/*.test.ts"], testTimeout: 600_000, hookTimeout: 180_000 } },
    ],
  },
});
