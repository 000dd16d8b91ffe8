import { AwsException } from "../../aws/exception.ts";

export interface PasswordOptions {
  readonly PasswordLength?: number | undefined;
  readonly ExcludeCharacters?: string | undefined;
  readonly ExcludeNumbers?: boolean | undefined;
  readonly ExcludePunctuation?: boolean | undefined;
  readonly ExcludeUppercase?: boolean | undefined;
  readonly ExcludeLowercase?: boolean | undefined;
  readonly IncludeSpace?: boolean | undefined;
  readonly RequireEachIncludedType?: boolean | undefined;
}

const PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

/**
 * A password as GetRandomPassword makes it; `random` gives numbers in [0, 1).
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html
 * @throws AwsException InvalidParameterException, InvalidRequestException
 */
export function makePassword(options: PasswordOptions, random: () => number): string {
  const excluded = new Set(options.ExcludeCharacters ?? "");
  const kinds = [
    options.ExcludeLowercase === true ? "" : "abcdefghijklmnopqrstuvwxyz",
    options.ExcludeUppercase === true ? "" : "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    options.ExcludeNumbers === true ? "" : "0123456789",
    options.ExcludePunctuation === true ? "" : PUNCTUATION,
    options.IncludeSpace === true ? " " : "",
  ]
    .map((kind) => [...kind].filter((character) => !excluded.has(character)))
    .filter((kind) => kind.length > 0);
  const length = options.PasswordLength ?? 32;
  const requireEach = options.RequireEachIncludedType !== false;
  if (kinds.length === 0) throw new AwsException("InvalidRequestException", "No characters are left to make a password of.");
  if (length < 1 || length > 4_096 || (requireEach && length < kinds.length)) {
    throw new AwsException("InvalidParameterException", "Password length is too short based on the required types.");
  }
  const pick = (from: readonly string[]): string => from[Math.floor(random() * from.length)] ?? "";
  const all = kinds.flat();
  const characters = requireEach ? kinds.map(pick) : [];
  while (characters.length < length) characters.push(pick(all));
  // The required ones stand first: shuffled, so that their places tell nothing.
  for (let index = characters.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1));
    [characters[index], characters[other]] = [characters[other] ?? "", characters[index] ?? ""];
  }
  return characters.join("");
}
