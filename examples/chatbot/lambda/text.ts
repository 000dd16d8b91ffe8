/** Words as people may type them: lower case, accents folded, so that "nghi phep" finds "nghỉ phép". */
export function words(text: string): string[] {
  return fold(text).match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** Lower case without accents; `đ` is a letter of its own that Unicode does not take apart. */
export function fold(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").replace(/[đĐ]/g, "d").toLowerCase();
}

const ENGLISH_STOP_WORDS =
  "a about an and any are as at be been but by can could go goes happen happens did do does for from had has have how i if in into is it its may me much many my of on or our shall should so than that the their them then there these they this those to us was we were went what when where which who whom why will with would you your please tell long";
const VIETNAMESE_STOP_WORDS =
  "la va cua co cho cac nhung mot duoc trong khi voi toi ban o thi ma nao gi the bao nhieu nhu ai dau tai sao hay khong se da dang nay do den tu ve boi vi nen con cung ra vao len xuong phai lam";
const STOP_WORDS = new Set(`${ENGLISH_STOP_WORDS} ${VIETNAMESE_STOP_WORDS}`.split(" "));

/** Words that carry meaning, cut to a common stem where English has one. */
export function terms(text: string): string[] {
  return words(text)
    .filter((word) => !STOP_WORDS.has(word))
    .map(stem);
}

/** Takes off the endings that keep "refunds", "refunded" and "refund" apart; short words stay whole. */
export function stem(word: string): string {
  if (word.length < 5) return word.length === 4 && word.endsWith("s") && !word.endsWith("ss") ? word.slice(0, -1) : word;
  return word.replace(/(ies)$/, "y").replace(/(?:ing|edly|ed|ly|es|s)$/, "");
}

/** Vietnamese has letters that English never has. */
export function isVietnamese(text: string): boolean {
  return /[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]/i.test(text);
}

/** Sentences and headings, one each, without the marks of Markdown. */
export function sentences(text: string): string[] {
  return text
    .split(/\n{2,}|\n(?=[-*#])/)
    .flatMap((block) =>
      block
        .replace(/^[#>*\-\s]+/, "")
        .replace(/\s+/g, " ")
        .split(/(?<=[.!?…])\s+(?=[\p{Lu}\p{N}"“])/u),
    )
    .map((sentence) => sentence.replace(/\*\*|__|`/g, "").trim())
    .filter((sentence) => sentence !== "");
}

/**
 * Cuts a document into passages of about `size` characters. A passage ends where a paragraph does, and begins with the
 * heading that it stands under, so that it can be understood, and found, alone.
 */
export function split(text: string, size = 700): string[] {
  const passages: string[] = [];
  let heading = "";
  let current = "";
  const close = (): void => {
    if (current.trim() !== "") passages.push(heading === "" ? current.trim() : `${heading}\n\n${current.trim()}`);
    current = "";
  };
  for (const paragraph of text.replace(/\r\n?/g, "\n").split(/\n{2,}/)) {
    if (/^#{1,6}\s/.test(paragraph)) {
      close();
      const [first = "", ...rest] = paragraph.split("\n");
      heading = first.replace(/^#+\s*/, "").trim();
      current = rest.join("\n");
      continue;
    }
    if (current.length + paragraph.length > size) close();
    for (let at = 0; at < paragraph.length || at === 0; at += size * 2) current += `${paragraph.slice(at, at + size * 2)}\n\n`;
  }
  close();
  return passages;
}
