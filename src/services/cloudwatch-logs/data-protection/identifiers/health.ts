import { isDea, isLuhn, isNhs, isPersonalHealth, isSsn } from "./checks.ts";
import { type Identifiers, whole } from "./identifier.ts";

/** Letters of a Medicare beneficiary number: those that look like digits are left out. */
const LETTER = "[AC-HJKMNP-RT-Y]";

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/protect-sensitive-log-data-types-health.html */
export const HEALTH: Identifiers = {
  "DrugEnforcementAgencyNumber-US": {
    pattern: whole(String.raw`[A-HJ-NP-UX][A-Z9]\d{7}`, "i"),
    keywords: ["dea number", "dea registration"],
    check: isDea,
  },
  "HealthInsuranceClaimNumber-US": {
    pattern: whole(String.raw`\d{3}-?\d{2}-?\d{4}-?[A-Z][A-Z0-9]?`, "i"),
    keywords: ["health insurance claim number", "hic no", "hic no.", "hic number", "hic#", "hicn", "hicn#", "hicno#"],
    check: (text) => isSsn(text.replace(/\D/g, "").slice(0, 9)),
  },
  "HealthcareProcedureCode-US": {
    pattern: whole(String.raw`[A-V]\d{4}`, "i"),
    keywords: ["current procedural terminology", "hcpcs", "healthcare common procedure coding system"],
  },
  "MedicareBeneficiaryNumber-US": {
    pattern: whole(String.raw`[1-9]${LETTER}(?:${LETTER}|\d)\d-?${LETTER}(?:${LETTER}|\d)\d-?${LETTER}{2}\d{2}`, "i"),
    keywords: ["mbi", "medicare beneficiary"],
  },
  "NationalDrugCode-US": {
    pattern: whole(String.raw`\d{4}-\d{4}-\d{2}|\d{5}-\d{3}-\d{2}|\d{5}-\d{4}-\d{1,2}`),
    keywords: ["national drug code", "ndc"],
  },
  "NationalProviderId-US": {
    pattern: whole(String.raw`[12]\d{9}`),
    keywords: ["hipaa", "n.p.i.", "national provider", "npi"],
    // The prefix of the United States' health industry belongs to what is checked.
    check: (text) => isLuhn(`80840${text}`),
  },
  "NhsNumber-GB": { pattern: whole(String.raw`\d{3}[ -]?\d{3}[ -]?\d{4}`), keywords: ["national health service", "nhs"], check: isNhs },
  "PersonalHealthNumber-CA": {
    pattern: whole(String.raw`9\d{3}[ -]?\d{3}[ -]?\d{3}`),
    keywords: ["canada healthcare number", "msp number", "care number", "phn", "soins de santé"],
    check: isPersonalHealth,
  },
};
