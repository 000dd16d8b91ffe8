const digitsOf = (text: string): number[] => [...text.replace(/\D/g, "")].map(Number);
const at = (digits: readonly number[], index: number): number => digits[index] ?? 0;

/** The sum of digits by weights. */
function weighted(digits: readonly number[], weights: readonly number[]): number {
  return weights.reduce((sum, weight, index) => sum + weight * at(digits, index), 0);
}

/** Luhn's formula over all digits of a text. */
export function isLuhn(text: string): boolean {
  const sum = digitsOf(text)
    .reverse()
    .reduce((total, digit, index) => total + (index % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2), 0);
  return sum % 10 === 0;
}

/** ISO 7064 mod 97 of an IBAN. */
export function isIban(text: string): boolean {
  const plain = text.replace(/[\s-]/g, "").toUpperCase();
  const moved = plain.slice(4) + plain.slice(0, 4);
  let rest = 0;
  for (const char of moved) {
    const value = /\d/.test(char) ? char : String(char.charCodeAt(0) - 55);
    rest = Number(`${rest}${value}`) % 97;
  }
  return rest === 1;
}

/** Check digits of a Brazilian CPF (11 digits) or CNPJ (14 digits); those of one digit only are none. */
export function isBrazilian(text: string): boolean {
  const digits = digitsOf(text);
  if (new Set(digits).size < 2) return false;
  const long = digits.length === 14;
  return [digits.length - 2, digits.length - 1].every((place) => {
    const weights = Array.from({ length: place }, (_, i) => (long ? ((place - 1 - i) % 8) + 2 : place + 1 - i));
    const rest = weighted(digits, weights) % 11;
    return at(digits, place) === (rest < 2 ? 0 : 11 - rest);
  });
}

/** The check digit of an NHS number. */
export function isNhs(text: string): boolean {
  const digits = digitsOf(text);
  const check = (11 - (weighted(digits, [10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11)) % 11;
  return check === at(digits, 9);
}

/** The check digit of a personal health number of British Columbia. */
export function isPersonalHealth(text: string): boolean {
  const digits = digitsOf(text);
  return 11 - (weighted(digits, [0, 2, 4, 8, 5, 10, 9, 7, 3]) % 11) === at(digits, 9);
}

/** A registration of the Drug Enforcement Administration: two letters and seven digits. */
export function isDea(text: string): boolean {
  const digits = digitsOf(text).slice(-7);
  return weighted(digits, [1, 2, 1, 2, 1, 2]) % 10 === at(digits, 6);
}

/** The letter of a Spanish DNI or NIE. */
export function isSpanish(text: string): boolean {
  const plain = text.replace(/[\s.-]/g, "").toUpperCase();
  const number = plain.slice(0, -1).replace(/^[XYZ]/, (letter) => String("XYZ".indexOf(letter)));
  return "TRWAGMYFPDXBNJZSQVHLCKE"[Number(number) % 23] === plain.at(-1);
}

/** The key of a French INSEE number; Corsica's departments count as 19 and 18. */
export function isInsee(text: string): boolean {
  const plain = text.replace(/\s/g, "").toUpperCase().replace("2A", "19").replace("2B", "18");
  return 97n - (BigInt(plain.slice(0, 13)) % 97n) === BigInt(plain.slice(13));
}

const ODD: readonly number[] = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

/** The last letter of an Italian codice fiscale. */
export function isCodiceFiscale(text: string): boolean {
  const plain = text.toUpperCase();
  const rankOf = (char: string): number => (/\d/.test(char) ? Number(char) : char.charCodeAt(0) - 65);
  const sum = [...plain.slice(0, 15)].reduce((total, char, index) => total + (index % 2 === 0 ? at(ODD, rankOf(char)) : rankOf(char)), 0);
  return String.fromCharCode(65 + (sum % 26)) === plain[15];
}

/** ISO 7064 mod 11,10 of a German Steueridentifikationsnummer. */
export function isSteuerId(text: string): boolean {
  const digits = digitsOf(text);
  let product = 10;
  for (const digit of digits.slice(0, 10)) {
    const sum = (digit + product) % 10 || 10;
    product = (sum * 2) % 11;
  }
  return (11 - product) % 10 === at(digits, 10);
}

/** The rules of the Social Security Administration: areas, groups and serials that were never given out. */
export function isSsn(text: string): boolean {
  const digits = text.replace(/\D/g, "");
  const area = digits.slice(0, 3);
  return area !== "000" && area !== "666" && !area.startsWith("9") && digits.slice(3, 5) !== "00" && digits.slice(5) !== "0000";
}
