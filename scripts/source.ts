import { relative } from "node:path";
import type { SourceFile } from "typescript/unstable/ast";
import { API } from "typescript/unstable/sync";

const root = `${import.meta.dirname}/..`;

/** The project's own TypeScript files whose path matches, parsed, in order of their paths. */
export function parse<T>(wanted: RegExp, look: (path: string, source: SourceFile) => T): T[] {
  const api = new API({ cwd: root });
  try {
    const [project] = api.updateSnapshot({ openProjects: [`${root}/tsconfig.json`] }).getProjects();
    const paths = (project?.program.getSourceFileNames() ?? []).map((name) => relative(root, name));
    const own = paths.filter((path) => wanted.test(path) && !path.startsWith("node_modules/") && !path.includes(".generated.")).sort();
    return own.flatMap((path) => {
      const source = project?.program.getSourceFile(`${root}/${path}`);
      return source === undefined ? [] : [look(path, source)];
    });
  } finally {
    api.close();
  }
}
