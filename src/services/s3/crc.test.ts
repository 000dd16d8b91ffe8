import { expect, test } from "vitest";
import { crcSummers } from "./crc.ts";

// documented: the check values of https://reveng.sourceforge.io/crc-catalogue/ for "123456789"
test.each([
  ["CRC32", "cbf43926"],
  ["CRC32C", "e3069283"],
  ["CRC64NVME", "ae8b14860a799888"],
] as const)("%s of the catalogue's check text, in pieces", (name, expected) => {
  const sum = crcSummers[name]();
  for (const piece of ["1", "23456789"]) sum.update(Buffer.from(piece));
  expect(sum.digest().toString("hex")).toBe(expected);
});
