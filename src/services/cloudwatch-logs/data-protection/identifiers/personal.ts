import { isBrazilian, isCodiceFiscale, isInsee, isLuhn, isSpanish, isSsn, isSteuerId } from "./checks.ts";
import { type Identifier, type Identifiers, whole } from "./identifier.ts";

const PHONE = ["cell", "contact", "fax", "fax number", "mobile", "phone", "phone number", "tel", "telephone", "telephone number"];
const PHONE_BR = [...PHONE, "cel", "celular", "fone", "móvel", "número residencial", "numero residencial", "telefone"];

/** With a keyword nearby a number of the country, without one only with the country's code. */
function phone(country: number, national: string, keywords: readonly string[] = PHONE): Identifier {
  const code = String.raw`(?:\+|00)${country}[ .-]?`;
  return {
    pattern: new RegExp(String.raw`(?<![\w.])(?:${code}|0)?(?:${national})(?![\w]|[.-]\d)`, "g"),
    keywords,
    alone: new RegExp(`^${code}`),
  };
}

const CPF = ["cadastro de pessoas fisicas", "cadastro de pessoas físicas", "cadastro de pessoa física", "cadastro de pessoa fisica", "cpf"];
const TAX = ["tax id", "tax identification number", "tax number"];
const SPANISH_TAX = [
  "cif",
  "cif número",
  "cifnúmero#",
  "nie",
  "nif",
  "número de contribuyente",
  "número de identidad de extranjero",
  "número de identificación fiscal",
  "número de impuesto corporativo",
  "personal tax number",
  ...TAX,
  "tin",
  "tin#",
];
const DNI = [
  "dni",
  "dni#",
  "dninúmero#",
  "documento nacional de identidad",
  "identidad único",
  "identidadúnico#",
  "insurance number",
  "national identification number",
  "national identity",
  "nationalid#",
  "nationalidno#",
  "número nacional identidad",
  "personal identification number",
  "personal identity no",
  "unique identity number",
  "uniqueid#",
];
const INSEE = [
  "assurance sociale",
  "carte nationale d’identité",
  "cni",
  "code sécurité sociale",
  "french social security number",
  "fssn#",
  "insee",
  "insurance number",
  "national id number",
  "nationalid#",
  "numéro d'assurance",
  "sécurité sociale",
  "social",
  "social security",
  "socialsecuritynumber",
  "ss#",
  "ssn",
  "ssn#",
];
const NINO = [
  "insurance no.",
  "insurance number",
  "insurance#",
  "national insurance number",
  "nationalinsurance#",
  "nationalinsurancenumber",
  "nin",
  "nino",
];
const FISCALE = [
  "codice fiscal",
  "dati anagrafici",
  "ehic",
  "health card",
  "health insurance card",
  "p. iva",
  "partita i.v.a.",
  "personal data",
  "tax code",
  "tessera sanitaria",
];
const MONTH = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec";

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/protect-sensitive-log-data-types-pii.html */
export const PERSONAL: Identifiers = {
  DateOfBirth: {
    pattern: whole(
      String.raw`\d{1,2}[ /-]\d{1,2}[ /-](?:\d{4}|\d{2})|\d{4}[ /-]\d{1,2}[ /-]\d{1,2}|\d{1,2}[ /-](?:${MONTH})[a-z]*[ /-]\d{4}|(?:${MONTH})[a-z]* \d{1,2},? \d{4}`,
      "i",
    ),
    keywords: ["dob", "date of birth", "birthdate", "birth date", "birthday", "b-day", "bday"],
  },
  "CepCode-BR": {
    pattern: whole(String.raw`\d{5}-?\d{3}`),
    keywords: ["cep", "código de endereçamento postal", "codigo de endereçamento postal"],
  },
  "Cnpj-BR": {
    pattern: whole(String.raw`\d{2}\.?\d{3}\.?\d{3}/?\d{4}-?\d{2}`),
    keywords: ["cadastro nacional da pessoa jurídica", "cadastro nacional da pessoa juridica", "cnpj"],
    check: isBrazilian,
  },
  "CpfCode-BR": { pattern: whole(String.raw`\d{3}\.?\d{3}\.?\d{3}-?\d{2}`), keywords: CPF, check: isBrazilian },
  "IndividualTaxIdentificationNumber-US": {
    pattern: whole(String.raw`9\d{2}[ -]?(?:5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])[ -]?\d{4}`),
    keywords: ["individual taxpayer identification number", "itin", "i.t.i.n."],
  },
  "InseeCode-FR": {
    pattern: whole(String.raw`[1-478] ?\d{2} ?\d{2} ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}`, "i"),
    keywords: INSEE,
    check: isInsee,
  },
  "NationalIdentificationNumber-ES": { pattern: whole(String.raw`\d{8}[ -]?[A-Z]`, "i"), keywords: DNI, check: isSpanish },
  "NationalIdentificationNumber-IT": {
    pattern: whole(String.raw`[A-Z]{6}\d{2}[A-EHLMPR-T]\d{2}[A-Z]\d{3}[A-Z]`, "i"),
    keywords: FISCALE,
    check: isCodiceFiscale,
  },
  "NationalInsuranceNumber-GB": {
    pattern: whole(String.raw`(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]`, "i"),
    keywords: NINO,
  },
  "NieNumber-ES": { pattern: whole(String.raw`[XYZ][ -]?\d{7}[ -]?[A-Z]`, "i"), keywords: SPANISH_TAX, check: isSpanish },
  "NifNumber-ES": { pattern: whole(String.raw`\d{8}[ -]?[A-Z]`, "i"), keywords: SPANISH_TAX, check: isSpanish },
  "PhoneNumber-BR": phone(55, String.raw`\(?[1-9]{2}\)?[ .-]?9?\d{4}[ .-]?\d{4}`, PHONE_BR),
  "PhoneNumber-DE": phone(49, String.raw`\(?[1-9]\d{1,4}\)?[ ./-]?\d{3,4}[ .-]?\d{3,5}`),
  "PhoneNumber-ES": phone(34, String.raw`[6-9]\d{2}(?:[ .-]?\d{3}){2}|[6-9]\d{2}(?:[ .-]?\d{2}){3}`),
  "PhoneNumber-FR": phone(33, String.raw`[1-9](?:[ .-]?\d{2}){4}`),
  "PhoneNumber-GB": phone(44, String.raw`\(?[1-9]\d{1,4}\)?[ .-]?\d{3,4}[ .-]?\d{3,4}`),
  "PhoneNumber-IT": phone(39, String.raw`(?:3\d{2}|0\d{1,3})[ .-]?\d{3,4}[ .-]?\d{3,4}`),
  "PhoneNumber-US": phone(1, String.raw`(?:1[ .-]?)?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-]?)[2-9]\d{2}[ .-]?\d{4}`),
  "PostalCode-CA": { pattern: whole(String.raw`[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z][ -]?\d[ABCEGHJ-NPRSTV-Z]\d`, "i") },
  "SocialInsuranceNumber-CA": {
    pattern: whole(String.raw`[1-79]\d{2}[ -]?\d{3}[ -]?\d{3}`),
    keywords: ["canadian id", "numéro d'assurance sociale", "social insurance number", "sin"],
    check: isLuhn,
  },
  "Ssn-ES": {
    pattern: whole(String.raw`\d{2}[ /-]?\d{7,8}[ /-]?\d{2}`),
    keywords: [
      "número de la seguridad social",
      "social security no.",
      "social security no",
      "social security number",
      "socialsecurityno#",
      "ssn",
      "ssn#",
    ],
    check: (text) => {
      const digits = text.replace(/\D/g, "");
      return BigInt(digits.slice(0, -2)) % 97n === BigInt(digits.slice(-2));
    },
  },
  "Ssn-US": {
    pattern: whole(String.raw`\d{3}-\d{2}-\d{4}|\d{3} \d{2} \d{4}|\d{9}`),
    keywords: ["social security", "ss#", "ssn"],
    check: isSsn,
  },
  "TaxId-DE": {
    pattern: whole(String.raw`[1-9]\d ?\d{3} ?\d{3} ?\d{3}`),
    keywords: ["identifikationsnummer", "steuer id", "steueridentifikationsnummer", "steuernummer", ...TAX],
    check: isSteuerId,
  },
  "ZipCode-US": { pattern: whole(String.raw`\d{5}(?:-\d{4})?`), keywords: ["zip code", "zip+4"] },
};
