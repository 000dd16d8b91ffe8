import { isIban, isLuhn } from "./checks.ts";
import { type Identifier, type Identifiers, whole } from "./identifier.ts";

/** Sequences that issuers have reserved for tests, which are not reported: the page below lists them. */
const RESERVED = new Set(
  `122000000000003 2222405343248877 2222990905257051 2223007648726984 2223577120017656 30569309025904 34343434343434 3528000700000000
   3530111333300000 3566002020360505 36148900647913 36700102000000 371449635398431 378282246310005 378734493671000 38520000023237
   4012888888881881 4111111111111111 4222222222222 4444333322221111 4462030000000000 4484070000000000 4911830000000 4917300800000000
   4917610000000000 4917610000000000003 5019717010103742 5105105105105100 5111010030175156 5185540810000019 5200828282828210
   5204230080000017 5204740009900014 5420923878724339 5454545454545454 5455330760000018 5506900490000436 5506900490000444 5506900510000234
   5506920809243667 5506922400634930 5506927427317625 5553042241984105 5555553753048194 5555555555554444 5610591081018250 6011000990139424
   6011000400000000 6011111111111117 630490017740292441 630495060000000000 6331101999990016 6759649826438453 6799990100000000019
   76009244561`.split(/\s+/),
);
/** American Express, Dankort, Diner's Club, Discover, Electron, JCB, Mastercard, UnionPay and Visa. */
const PREFIX = /^(?:3[47]|5019|36|38|39|30[0-5]|6011|64[4-9]|65|62|35(?:2[89]|[3-8])|5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720|4)/;
const CARD = [
  "account number",
  "american express",
  "amex",
  "bank card",
  "card",
  "card number",
  "card num",
  "cc #",
  "ccn",
  "check card",
  "credit",
  "credit card#",
  "dankort",
  "debit",
  "debit card",
  "diners club",
  "discover",
  "electron",
  "japanese card bureau",
  "jcb",
  "mastercard",
  "mc",
  "pan",
  "payment account number",
  "payment card number",
  "pcn",
  "union pay",
  "visa",
];
const CODE = [
  "card id",
  "card identification code",
  "card identification number",
  "card security code",
  "card validation code",
  "card validation number",
  "card verification data",
  "card verification value",
  "cvc",
  "cvc2",
  "cvv",
  "cvv2",
  "elo verification code",
];
const ACCOUNT = ["account code", "account number", "accountno#", "accountnumber#", "bban", "customer account id"];
const IBAN = [...ACCOUNT, "customer account number", "customer bank account id", "iban"];

/** An IBAN of one country, with or without its spaces. */
function iban(country: string, form: string, keywords: readonly string[]): Identifier {
  const spaced = form.replaceAll(/(\[[^\]]+\]|\\d)\{(\d+)\}/g, (_, one: string, count: string) => `(?:[ -]?${one}){${count}}`);
  return { pattern: whole(`${country}\\d{2}${spaced}`, "i"), keywords: [...IBAN, ...keywords], check: isIban };
}

const UNITED_STATES = ["bank account", "bank acct", "checking account", "checking acct", "deposit account", "deposit acct"];

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/protect-sensitive-log-data-types-financial.html */
export const FINANCIAL: Identifiers = {
  CreditCardNumber: {
    pattern: /(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w]|-\d)/g,
    keywords: CARD,
    check: (text) => {
      const digits = text.replace(/\D/g, "");
      return PREFIX.test(digits) && isLuhn(digits) && !RESERVED.has(digits);
    },
  },
  CreditCardExpiration: {
    pattern: whole(String.raw`(?:0?[1-9]|1[0-2])[/-](?:20)?\d{2}`),
    keywords: ["exp d", "exp m", "exp y", "expiration", "expiry"],
  },
  CreditCardSecurityCode: { pattern: whole(String.raw`\d{3,4}`), keywords: CODE },
  "BankAccountNumber-DE": iban("DE", String.raw`\d{18}`, [
    "bankleitzahl",
    "geheimzahl",
    "kartennummer",
    "kontonummer",
    "kreditkartennummer",
    "sepa",
  ]),
  "BankAccountNumber-ES": iban("ES", String.raw`\d{20}`, [
    "código cuenta",
    "código cuenta bancaria",
    "cuenta cliente id",
    "número cuenta bancaria cliente",
    "número cuenta cliente",
  ]),
  "BankAccountNumber-FR": iban("FR", String.raw`\d{10}[A-Z0-9]{11}\d{2}`, ["code bancaire", "compte bancaire", "numéro de compte"]),
  "BankAccountNumber-GB": iban("GB", String.raw`[A-Z]{4}\d{14}`, ["sepa"]),
  "BankAccountNumber-IT": iban("IT", String.raw`[A-Z]{1}\d{10}[A-Z0-9]{12}`, ["codice bancario", "conto bancario", "numero di conto"]),
  "BankAccountNumber-US": {
    pattern: whole(String.raw`\d{8,17}`),
    keywords: [...UNITED_STATES, "savings account", "savings acct", "chequing account", "chequing acct"],
  },
};
