import { validationError } from "./parse.ts";

interface Block {
  readonly base: bigint;
  readonly prefix: number;
  readonly bits: 32 | 128;
}

function parseIpv4(text: string): bigint | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n);
}

function parseIpv6(text: string): bigint | undefined {
  const [head = "", tail, more] = text.split("::");
  if (more !== undefined) return undefined;
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const missing = 8 - left.length - right.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...left, ...Array<string>(missing).fill("0"), ...right];
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  return groups.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n);
}

function parseBlock(text: string): Block | undefined {
  const [address = "", length = ""] = text.split("/");
  const v4 = parseIpv4(address);
  const base = v4 ?? parseIpv6(address);
  const bits = v4 === undefined ? 128 : 32;
  const prefix = Number(length);
  if (base === undefined || !/^\d+$/.test(length) || prefix > bits) return undefined;
  const host = BigInt(bits - prefix);
  return { base: (base >> host) << host, prefix, bits };
}

function format(address: bigint, bits: 32 | 128): string {
  const size = bits === 32 ? 8n : 16n;
  const groups: bigint[] = [];
  for (let shift = BigInt(bits) - size; shift >= 0n; shift -= size) groups.push((address >> shift) & ((1n << size) - 1n));
  if (bits === 32) return groups.join(".");
  const text = groups.map((group) => group.toString(16)).join(":");
  return text.replace(/(^|:)0(:0)+(:|$)/, "::");
}

/**
 * `Fn::Cidr`: the first `count` blocks of `cidrBits` host bits each inside `block`.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-cidr.html
 */
export function cidrBlocks(block: string, count: number, cidrBits?: number): string[] {
  const parsed = parseBlock(block);
  if (parsed === undefined) throw validationError("Template error: Fn::Cidr function requires a valid CIDR block as its first argument");
  if (!Number.isInteger(count) || count < 1 || count > 256) {
    throw validationError("Template error: Fn::Cidr function requires a count between 1 and 256");
  }
  const host = cidrBits ?? (parsed.bits === 32 ? 8 : 64);
  const prefix = parsed.bits - host;
  if (prefix < parsed.prefix || host < 1 || BigInt(count) > 1n << BigInt(prefix - parsed.prefix)) {
    throw validationError(`Template error: Fn::Cidr cannot make ${count} blocks of ${host} bits out of ${block}`);
  }
  return Array.from({ length: count }, (_, i) => `${format(parsed.base + (BigInt(i) << BigInt(host)), parsed.bits)}/${prefix}`);
}
