import { BlockList, isIP } from "node:net";

function parse(range: string): { readonly address: string; readonly bits: number; readonly type: "ipv4" | "ipv6" } | undefined {
  const [address = "", prefix, ...more] = range.split("/");
  const family = isIP(address);
  const most = family === 4 ? 32 : 128;
  const bits = Number(prefix ?? most);
  if (family === 0 || more.length > 0 || !Number.isInteger(bits) || bits < 0 || bits > most) return undefined;
  return { address, bits, type: family === 4 ? "ipv4" : "ipv6" };
}

/** True for `192.0.2.0/24`, `2001:db8::/32` and single addresses. */
export function isRange(range: string): boolean {
  return parse(range) !== undefined;
}

/** An IPv4 address that came over IPv6 is looked at as what it is. */
export function isInRange(address: string, range: string): boolean {
  const parsed = parse(range);
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
  const family = isIP(plain);
  if (parsed === undefined || family === 0) return false;
  const list = new BlockList();
  list.addSubnet(parsed.address, parsed.bits, parsed.type);
  return list.check(plain, family === 4 ? "ipv4" : "ipv6");
}
