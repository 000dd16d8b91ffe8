import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readTar } from "./tar.ts";

const folder = mkdtempSync(join(tmpdir(), "orrery-tar-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// documented: https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html; the archives are made by the system's tar
test.each(["ustar", "gnu", "pax"])("reads what tar writes as %s", (format) => {
  const long = format === "ustar" ? "folder/short" : `${"folder-with-a-long-name-".repeat(5)}/${"x".repeat(120)}`;
  mkdirSync(join(folder, format, long, ".."), { recursive: true });
  writeFileSync(join(folder, format, "run.sh"), "#!/bin/sh\n", { mode: 0o755 });
  writeFileSync(join(folder, format, long), "y".repeat(1000));
  symlinkSync("run.sh", join(folder, format, "link"));
  const bytes = execFileSync("tar", ["-C", join(folder, format), "--format", format, "-cf", "-", "."]);
  const entries = new Map(readTar(bytes).map((entry) => [entry.name.replace(/^\.\//, "").replace(/\/$/, ""), entry]));
  expect(entries.get("run.sh")).toMatchObject({ type: "file", mode: 0o755, bytes: Buffer.from("#!/bin/sh\n") });
  expect(entries.get(long)?.bytes.toString()).toBe("y".repeat(1000));
  expect(entries.get("link")).toMatchObject({ type: "symlink", target: "run.sh" });
  expect(entries.get(long.split("/")[0] ?? "")?.type).toBe("directory");
});

// assumed
test("what is none, or is cut off, is refused", () => {
  expect(() => readTar(Buffer.alloc(1024, 7))).toThrow("a checksum is wrong");
  const bytes = execFileSync("tar", ["-C", folder, "-cf", "-", "."]);
  expect(() => readTar(bytes.subarray(0, bytes.length / 2 - ((bytes.length / 2) % 512)))).not.toThrow(RangeError);
});
