/**
 * The program of a build's shell. It takes the names of files from its standard input, runs each file's commands in itself,
 * and tells the exit code in a line of its output that begins with a character and a mark that no output has by accident. A
 * command that ends the shell (`exit`, `set -e`) leaves directory and exported variables in a file, from which the next
 * shell begins. Commands get no input and no other descriptor than their output.
 */
export const SHELL_PROGRAM = `
__orrery_mark=$1; __orrery_state=$2; shift 2
exec 3<&0 </dev/null 2>&1
__orrery_save() { export -p >"$__orrery_state"; pwd >"$__orrery_state.cwd"; }
if [ -f "$__orrery_state" ]; then . "$__orrery_state"; cd "$(cat "$__orrery_state.cwd")" || :; fi
trap '__orrery_code=$?; __orrery_save; printf "\\036%s exit %s\\n" "$__orrery_mark" "$__orrery_code"' EXIT
while IFS= read -r __orrery_file <&3; do
  . "$__orrery_file" 3<&-
  __orrery_code=$?
  __orrery_save
  printf "\\036%s code %s\\n" "$__orrery_mark" "$__orrery_code"
done
trap - EXIT
`;

const RECORD = "\x1e";

/** The line that tells a command's end; what stands before it is output without a line feed. */
export function endOf(line: string, mark: string): { readonly before: string; readonly code: number; readonly gone: boolean } | undefined {
  const at = line.indexOf(`${RECORD}${mark} `);
  if (at < 0) return undefined;
  const [, kind, code] = line.slice(at).split(" ");
  return { before: line.slice(0, at), code: Number(code), gone: kind === "exit" };
}
