import { describe, expect, it } from "vitest";
import { attributesMd5, checkAttributeValues, checkCharacters, freeze, md5, selects, sizeOf, thaw } from "./content.ts";

describe("message digests", () => {
  // documented: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
  it("digests attributes by name order, with lengths, types and the transport byte", () => {
    const attributes = {
      b: { DataType: "Binary", BinaryValue: Uint8Array.of(1, 2) },
      a: { DataType: "String", StringValue: "x" },
    };
    const field = (text: string): string => `00000000${Buffer.byteLength(text).toString(16)}`.slice(-8) + Buffer.from(text).toString("hex");
    const hex = `${field("a")}${field("String")}01${field("x")}${field("b")}${field("Binary")}02000000020102`;
    expect(attributesMd5(attributes)).toBe(md5(Buffer.from(hex, "hex")));
  });

  // documented: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
  it("counts the body and each attribute's name, type and value", () => {
    expect(sizeOf("häb", { n: { DataType: "Number", StringValue: "12" } })).toBe(4 + 1 + 6 + 2);
  });
});

describe("contents", () => {
  // documented: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
  it("refuses characters that XML does not have", () => {
    expect(() => checkCharacters("a\u0001")).toThrow(/#x1'/);
    expect(() => checkCharacters("\ud800")).toThrow(/allowed characters/);
    expect(() => checkCharacters("tab\t line\n 😀 ä")).not.toThrow();
  });

  // documented: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
  it("checks types, names and values of attributes", () => {
    expect(() => checkAttributeValues({ n: { DataType: "Number.int", StringValue: "7" } })).not.toThrow();
    expect(() => checkAttributeValues({ n: { DataType: "Number", StringValue: "x" } })).toThrow(/cast/);
    expect(() => checkAttributeValues({ "aws.x": { DataType: "String", StringValue: "7" } })).toThrow(/must not begin/);
    expect(() => checkAttributeValues({ n: { DataType: "Odd", StringValue: "7" } })).toThrow(/supported type prefixes/);
    expect(() => checkAttributeValues({ n: { DataType: "String", StringValue: "" } })).toThrow(/non-empty/);
  });

  // assumed: how attributes are kept is ours
  it("keeps blobs over the store", () => {
    const text = freeze({ b: { DataType: "Binary", BinaryValue: Uint8Array.of(0, 255) } });
    expect(thaw(text ?? "{}")["b"]?.BinaryValue).toEqual(Buffer.from([0, 255]));
  });

  // documented: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
  it("selects by name, All, .* and prefix", () => {
    expect([selects(["All"], "x"), selects([".*"], "x"), selects(["foo.*"], "foobar"), selects(["foo"], "foobar")]).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });
});
