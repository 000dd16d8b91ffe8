import { refused } from "./errors.ts";

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html: letters, numbers and `. _ + = , @ -`. */
const NAME = /^[\w.+=,@-]{1,100}$/;

/** @throws `code` when it can be no name */
export function checkName(code: string, name: string | undefined): string {
  if (name === undefined || !NAME.test(name)) {
    throw refused(code, `The name ${name ?? ""} is invalid: it has 1 to 100 letters, numbers and the characters . _ + = , @ -`);
  }
  return name;
}
