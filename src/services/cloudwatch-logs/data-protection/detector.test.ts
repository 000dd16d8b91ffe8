import { describe, expect, it } from "vitest";
import { detectorOf, masked } from "./detector.ts";
import { MANAGED } from "./identifiers/index.ts";

function found(name: string, message: string): string[] {
  const identifier = MANAGED[name];
  if (identifier === undefined) return [`${name} is not known`];
  return detectorOf(new Map([[name, identifier]]))(message).map(({ start, end }) => message.slice(start, end));
}

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL-managed-data-identifiers.html
describe("managed data identifiers", () => {
  it.each([
    ["EmailAddress", "from jane.doe+x@mail.example.com, and not @example.com", ["jane.doe+x@mail.example.com"]],
    ["IpAddress", "10.0.0.1 to fe80::1ff:fe23:4567:890a, not 1.2.3.999 or 12:30:45", ["10.0.0.1", "fe80::1ff:fe23:4567:890a"]],
    ["CreditCardNumber", "card 4539 1488 0343 6467 and 4539148803436468", ["4539 1488 0343 6467"]],
    ["CreditCardNumber", "order 4539148803436467", []],
    ["CreditCardExpiration", "expiry 04/29", ["04/29"]],
    ["CreditCardSecurityCode", "cvv: 123", ["123"]],
    ["AwsSecretKey", 'aws_secret_access_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"', ["wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"]],
    ["AwsSecretKey", "sha wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", []],
    [
      "OpenSshPrivateKey",
      "a -----BEGIN OPENSSH PRIVATE KEY-----\nx\n-----END OPENSSH PRIVATE KEY----- b",
      ["-----BEGIN OPENSSH PRIVATE KEY-----\nx\n-----END OPENSSH PRIVATE KEY-----"],
    ],
    [
      "PkcsPrivateKey",
      "-----BEGIN RSA PRIVATE KEY-----x-----END RSA PRIVATE KEY-----",
      ["-----BEGIN RSA PRIVATE KEY-----x-----END RSA PRIVATE KEY-----"],
    ],
    ["LatLong", "location 41.948614,-87.655311", ["41.948614,-87.655311"]],
    ["VehicleIdentificationNumber", "VIN 1HGCM82633A004352", ["1HGCM82633A004352"]],
    ["Ssn-US", "ssn 536-90-4399, ssn 000-12-3456", ["536-90-4399"]],
    ["PhoneNumber-US", "phone: (206) 555-0100", ["(206) 555-0100"]],
    ["PhoneNumber-US", "ring +1 206 555 0100 but not 206 555 0100", ["+1 206 555 0100"]],
    ["PhoneNumber-GB", "tel 020 7946 0958", ["020 7946 0958"]],
    ["BankAccountNumber-DE", "iban DE89 3704 0044 0532 0130 00", ["DE89 3704 0044 0532 0130 00"]],
    ["BankAccountNumber-GB", "IBAN: GB82WEST12345698765432, GB82WEST12345698765431", ["GB82WEST12345698765432"]],
    ["CpfCode-BR", "cpf 529.982.247-25", ["529.982.247-25"]],
    ["Cnpj-BR", "cnpj 11.222.333/0001-81", ["11.222.333/0001-81"]],
    ["NhsNumber-GB", "NHS 943 476 5919", ["943 476 5919"]],
    ["NationalProviderId-US", "npi 1234567893", ["1234567893"]],
    ["DrugEnforcementAgencyNumber-US", "dea number AB1234563", ["AB1234563"]],
    ["MedicareBeneficiaryNumber-US", "mbi 1EG4-TE5-MK73", ["1EG4-TE5-MK73"]],
    ["NationalIdentificationNumber-ES", "dni 12345678Z", ["12345678Z"]],
    ["NieNumber-ES", "nie X1234567L", ["X1234567L"]],
    ["NationalIdentificationNumber-IT", "tax code RSSMRA85T10A562S", ["RSSMRA85T10A562S"]],
    ["NationalInsuranceNumber-GB", "nino QQ 12 34 56 C, nino AB123456C", ["AB123456C"]],
    ["InseeCode-FR", "insee 255081416802538", ["255081416802538"]],
    ["TaxId-DE", "tax id 86095742719", ["86095742719"]],
    ["SocialInsuranceNumber-CA", "sin 130 692 544", ["130 692 544"]],
    ["PostalCode-CA", "to K1A 0B1", ["K1A 0B1"]],
    ["ZipCode-US", "zip code 98109-1234", ["98109-1234"]],
    ["DateOfBirth", "date of birth: 24 July 1985", ["24 July 1985"]],
  ])("%s in %j", (name, message, wanted) => {
    expect(found(name, message)).toEqual(wanted);
  });

  it("need their keyword within 30 characters, in any of its spellings", () => {
    expect(found("Ssn-US", `social_security${".".repeat(30)}536-90-4399`)).toEqual(["536-90-4399"]);
    expect(found("Ssn-US", `SocialSecurity${".".repeat(30)}536-90-4399`)).toEqual(["536-90-4399"]);
    expect(found("Ssn-US", `social security${".".repeat(31)}536-90-4399`)).toEqual([]);
    expect(found("Ssn-US", "536-90-4399 is my ssn")).toEqual(["536-90-4399"]);
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/protect-sensitive-log-data-types-financial.html
  it("do not report cards that are reserved for tests", () => {
    expect(found("CreditCardNumber", "card 4111111111111111, card 5555555555554444")).toEqual([]);
  });

  it("are shown as asterisks", () => {
    expect(masked("a bc d", [{ start: 2, end: 4 }])).toBe("a ** d");
  });
});
