import { FINANCIAL } from "./financial.ts";
import { GENERAL } from "./general.ts";
import { HEALTH } from "./health.ts";
import type { Identifiers } from "./identifier.ts";
import { PERSONAL } from "./personal.ts";

/** Managed data identifiers that are recognised by pattern, keyword and check digit. */
export const MANAGED: Identifiers = { ...GENERAL, ...FINANCIAL, ...HEALTH, ...PERSONAL };

const DRIVERS = "AT AU BE BG CA CY CZ DE DK EE ES FI FR GB GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK US".split(" ");

/** Those that AWS has beside: they take models, lists of names, or forms that are not public. */
export const OTHERS: ReadonlySet<string> = new Set([
  "Address",
  "Name",
  ...DRIVERS.map((country) => `DriversLicense-${country}`),
  ...["CA", "DE", "ES", "FR", "GB", "IT", "US"].map((country) => `PassportNumber-${country}`),
  "ElectoralRollNumber-GB",
  "HealthInsuranceCardNumber-EU",
  "HealthInsuranceNumber-FR",
  "NationalIdentificationNumber-DE",
  "PermanentResidenceNumber-CA",
  "RgNumber-BR",
  "TaxId-ES",
  "TaxId-FR",
  "TaxId-GB",
]);
