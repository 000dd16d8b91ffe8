import { QueryError, type Token, tokensOf } from "./lexer.ts";

/** Goes through the tokens of a query. */
export class TokenReader {
  protected readonly text: string;
  protected readonly tokens: readonly Token[];
  protected at = 0;

  constructor(text: string) {
    this.text = text;
    this.tokens = tokensOf(text);
  }

  protected get token(): Token {
    return this.tokens[this.at] ?? { kind: "end", text: "", start: this.text.length, end: this.text.length };
  }

  protected isOver(): boolean {
    return this.token.kind === "end";
  }

  protected unexpected(): never {
    const { kind, text, start, end } = this.token;
    throw new QueryError(
      kind === "end" ? "unexpected end of the query" : `unexpected symbol found ${text}`,
      start,
      Math.max(end, start + 1),
    );
  }

  protected isWord(...words: readonly string[]): boolean {
    return this.token.kind === "word" && words.includes(this.token.text.toLowerCase());
  }

  protected takeWord(...words: readonly string[]): boolean {
    const is = this.isWord(...words);
    if (is) this.at++;
    return is;
  }

  protected takeSymbol(symbol: string): boolean {
    const is = this.token.kind === "symbol" && this.token.text === symbol;
    if (is) this.at++;
    return is;
  }

  protected expect(symbol: string): void {
    if (!this.takeSymbol(symbol)) this.unexpected();
  }

  protected list<T>(read: () => T): T[] {
    const items = [read()];
    while (this.takeSymbol(",")) items.push(read());
    return items;
  }

  protected name(): string {
    const { kind, text } = this.token;
    if (kind !== "word" && kind !== "field") this.unexpected();
    this.at++;
    return text;
  }
}
