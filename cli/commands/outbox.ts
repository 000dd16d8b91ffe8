import type { Command } from "commander";
import pc from "picocolors";
import type { OutboxMail } from "../../src/introspection/outbox.ts";
import { OrreryError } from "../../src/kernel/errors.ts";
import { ask } from "../client.ts";
import { print, printJson, table, time } from "../print.ts";
import { serverCommand, targetOf } from "./server.ts";

interface OutboxOptions {
  readonly data?: string;
  readonly port?: string;
  readonly json?: boolean;
  readonly to?: string;
}

export function addOutbox(program: Command): void {
  serverCommand(program, "outbox [id]", "mail that SNS would have sent: all of it, or one with its text")
    .option("--to <address>", "only mail to one address")
    .addHelpText(
      "after",
      "\nA subscription by mail is confirmed by visiting the link in its first mail.\n\nExamples:\n  orrery outbox\n  orrery outbox evt-42",
    )
    .action(outbox);
}

async function outbox(id: string | undefined, options: OutboxOptions): Promise<void> {
  const query = options.to === undefined ? "" : `?to=${encodeURIComponent(options.to)}`;
  const { mails } = (await ask(targetOf(options), "GET", `outbox${query}`)) as unknown as { mails: OutboxMail[] };
  if (id !== undefined) return show(mails, id, options.json === true);
  if (options.json === true) return printJson({ mails });
  if (mails.length === 0) return print("no mail");
  print(table([["id", "time", "to", "subject"], ...mails.map((mail) => [mail.id, time(mail.time), mail.to, mail.subject])]));
}

function show(mails: readonly OutboxMail[], id: string, json: boolean): void {
  const mail = mails.find((one) => one.id === id);
  if (mail === undefined) throw new OrreryError("UsageError", `there is no mail ${id}: 'orrery outbox' lists what is there`);
  if (json) {
    printJson(mail);
    return;
  }
  print(`${pc.dim("Date:")}    ${time(mail.time)} UTC`);
  print(`${pc.dim("To:")}      ${mail.to}`);
  print(`${pc.dim("Subject:")} ${pc.bold(mail.subject)}`);
  print(`\n${mail.body}`);
}
