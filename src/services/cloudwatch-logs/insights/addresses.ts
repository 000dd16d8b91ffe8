import { BlockList, isIP } from "node:net";
import { ofString, type ScalarFunction } from "./scalar.ts";
import { stringOf } from "./values.ts";

const isAddress = (version: 4 | 6 | undefined): ScalarFunction =>
  ofString((text) => (version === undefined ? isIP(text) !== 0 : isIP(text) === version));

const inSubnet = (version: 4 | 6 | undefined): ScalarFunction => ({
  least: 2,
  most: 2,
  run: ([value = null, subnet = null]) => {
    const address = stringOf(value) ?? "";
    const [network = "", bits = ""] = (stringOf(subnet) ?? "").split("/");
    const kind = isIP(network);
    if (kind === 0 || isIP(address) !== kind || (version !== undefined && kind !== version)) return false;
    const list = new BlockList();
    list.addSubnet(network, Number(bits), kind === 4 ? "ipv4" : "ipv6");
    return list.check(address, kind === 4 ? "ipv4" : "ipv6");
  },
});

function listOf(...subnets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [network = "", bits = ""] = subnet.split("/");
    list.addSubnet(network, Number(bits), isIP(network) === 4 ? "ipv4" : "ipv6");
  }
  return list;
}

/** RFC 1918. */
const PRIVATE = listOf("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16");
/** RFC 6890, but for what is private. */
const RESERVED = listOf(
  ...["0.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24"],
  ...["198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"],
  ...["::/128", "::1/128", "100::/64", "2001:db8::/32", "fe80::/10", "ff00::/8"],
);
const UNIQUE_LOCAL = listOf("fc00::/7");

const within = (list: BlockList, text: string): boolean => isIP(text) !== 0 && list.check(text, isIP(text) === 4 ? "ipv4" : "ipv6");

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-operations-functions.html#CWL_QuerySyntax-IPaddress-functions */
export const ADDRESS_FUNCTIONS: Readonly<Record<string, ScalarFunction>> = {
  isvalidip: isAddress(undefined),
  isvalidipv4: isAddress(4),
  isvalidipv6: isAddress(6),
  isipinsubnet: inSubnet(undefined),
  isipv4insubnet: inSubnet(4),
  isipv6insubnet: inSubnet(6),
  ipv4tonumber: ofString((text) => (isIP(text) === 4 ? text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0) : null)),
  isprivateip: ofString((text) => within(PRIVATE, text)),
  isreservedip: ofString((text) => within(RESERVED, text)),
  ispublicip: ofString((text) => isIP(text) !== 0 && ![PRIVATE, RESERVED, UNIQUE_LOCAL].some((list) => within(list, text))),
};
