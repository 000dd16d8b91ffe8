import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Answer, ExtractiveAnswerer } from "../lambda/answers.ts";
import { CorpusRetriever, type Passage } from "../lambda/retrieval.ts";
import { split } from "../lambda/text.ts";

const folder = new URL("../documents/", import.meta.url);
const passages: Passage[] = readdirSync(folder).flatMap((source) =>
  split(readFileSync(new URL(source, folder), "utf8")).map((text, i) => ({ id: `${source}#${i}`, source, text })),
);
const retriever = new CorpusRetriever(passages);
const answerer = new ExtractiveAnswerer(retriever);

function ask(question: string): Promise<Answer> {
  return answerer.answer(question, retriever.retrieve(question, 6));
}

describe("questions that the documents answer", () => {
  test.each([
    ["How long does a refund take to arrive on my card?", "refunds.md", "5 working days"],
    ["When does all traffic return to the old version?", "deployments.md", "returns to the old version"],
    ["How far does a full battery carry me?", "batteries.md", "80 kilometres"],
    ["When is the post-mortem written?", "on-call.md", "3 working days"],
    ["Is there a deployment freeze on Friday?", "deployments.md", "Friday 16:00"],
    ["Mỗi năm có bao nhiêu ngày nghỉ phép?", "nghi-phep.md", "18 ngày"],
    ["Nghỉ ốm thì cần giấy gì?", "nghi-phep.md", "giấy của bác sĩ"],
    ["nghi phep xin truoc bao nhieu ngay", "nghi-phep.md", "7 ngày"],
  ])("%s", async (question, source, quote) => {
    const answer = await ask(question);
    expect(answer.text).toContain(quote);
    expect(answer.sources.map((one) => one.source)).toContain(source);
    expect(answer.found).toBe(true);
  });

  test("each source is numbered in the text", async () => {
    const answer = await ask("When is the post-mortem written?");
    for (const [i] of answer.sources.entries()) expect(answer.text).toContain(`[${i + 1}]`);
  });
});

describe("questions that the documents do not answer", () => {
  test.each(["What is the capital of Mongolia?", "How do I bake sourdough bread?", "Who won the chess championship?", ""])(
    "%s",
    async (question) => {
      const answer = await ask(question);
      expect(answer).toEqual({ text: "That is not in the documents.", found: false, sources: [] });
    },
  );

  test("in Vietnamese too", async () => {
    expect((await ask("Thủ đô của Mông Cổ tên là gì?")).text).toBe("Không có trong tài liệu.");
  });
});
