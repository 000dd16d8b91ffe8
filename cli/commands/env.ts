import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import type { Command } from "commander";
import { OrreryError } from "../../src/kernel/errors.ts";
import { endpointOf } from "../client.ts";
import { print, printJson } from "../print.ts";
import { serverCommand, targetOf } from "./server.ts";

const DIALECTS: Record<string, (name: string, value: string) => string> = {
  bash: (name, value) => `export ${name}=${value}`,
  zsh: (name, value) => `export ${name}=${value}`,
  fish: (name, value) => `set -gx ${name} ${value}`,
  powershell: (name, value) => `$Env:${name} = "${value}"`,
};

interface EnvOptions {
  readonly data?: string;
  readonly port?: string;
  readonly json?: boolean;
  readonly shell?: string;
  readonly region: string;
  readonly profile?: string | boolean;
}

export function addEnv(program: Command): void {
  serverCommand(program, "env", "print what points AWS clients at this server")
    .option("--shell <name>", "bash, zsh, fish or powershell (default: yours)")
    .option("--region <name>", "region to work in", "us-east-1")
    .option("--profile [name]", "write an AWS profile instead (default name: orrery)")
    .addHelpText(
      "after",
      '\nExamples:\n  eval "$(orrery env)"\n  orrery env --shell fish | source\n  orrery env --profile && aws --profile orrery s3 ls',
    )
    .action((options: EnvOptions) => {
      const endpoint = endpointOf(targetOf(options));
      if (options.profile !== undefined) {
        const name = typeof options.profile === "string" ? options.profile : "orrery";
        return print(writeProfile(name, endpoint, options.region));
      }
      const variables = variablesFor(endpoint, options.region);
      if (options.json === true) return printJson(variables);
      const shell = options.shell ?? basename(process.env["SHELL"] ?? "bash");
      const dialect = DIALECTS[shell] ?? (options.shell === undefined ? DIALECTS["bash"] : undefined);
      if (dialect === undefined) throw new OrreryError("UsageError", `--shell ${shell}: choose bash, zsh, fish or powershell`);
      for (const [variable, value] of Object.entries(variables)) print(dialect(variable, value));
    });
}

/** What AWS clients read; the credentials are the built-in ones of account 000000000000. */
export function variablesFor(endpoint: string, region: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    // Some operations put a name before the host, as live tail does: an IP has no such names.
    AWS_DISABLE_HOST_PREFIX_INJECTION: "true",
  };
}

function writeProfile(name: string, endpoint: string, region: string): string {
  const folder = join(homedir(), ".aws");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const written = [
    appendSection(join(folder, "config"), `[profile ${name}]`, { region, endpoint_url: endpoint, disable_host_prefix_injection: "true" }),
    appendSection(join(folder, "credentials"), `[${name}]`, { aws_access_key_id: "test", aws_secret_access_key: "test" }),
  ];
  return written.join("\n");
}

function appendSection(file: string, header: string, values: Record<string, string>): string {
  const existing = existsSync(file) ? readFileSync(file, "utf8") : "";
  if (existing.split("\n").includes(header)) return `${file} has ${header} already: left as it is`;
  const lines = Object.entries(values).map(([key, value]) => `${key} = ${value}`);
  appendFileSync(file, `${existing === "" || existing.endsWith("\n") ? "" : "\n"}\n${header}\n${lines.join("\n")}\n`, { mode: 0o600 });
  return `wrote ${header} to ${file}`;
}
