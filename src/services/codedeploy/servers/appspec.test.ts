import { describe, expect, test } from "vitest";
import { fullAcl } from "./acl.ts";
import { parseAppSpec } from "./appspec.ts";
import { assignPermissions } from "./permissions.ts";

const HEAD = "version: 0.0\nos: linux\n";
const problem = (text: string): string => {
  try {
    parseAppSpec(text);
    return "";
  } catch (error) {
    return (error as Error).message;
  }
};

// documented: https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure.html
describe("an AppSpec file", () => {
  test("is read with all of its sections, as YAML and as JSON", () => {
    const spec = parseAppSpec(`${HEAD}
files:
  - source: Config/config.txt
    destination: /webapps/Config
file_exists_behavior: OVERWRITE
permissions:
  - object: /webapps
    pattern: "*.sh"
    except: [a.sh, b.sh]
    owner: bob
    group: writers
    mode: 4755
    acls:
      - u:mary:rw
    context:
      user: unconfined_u
      type: httpd_sys_content_t
      range: s0
    type:
      - file
hooks:
  AfterInstall:
    - location: Scripts/RunResourceTests.sh
      timeout: 180
    - location: Scripts/PostDeploy.sh
      runas: bob
`);
    expect(spec).toMatchObject({
      files: [{ source: "Config/config.txt", destination: "/webapps/Config" }],
      fileExistsBehavior: "OVERWRITE",
      permissions: [
        { object: "/webapps", pattern: "*.sh", except: ["a.sh", "b.sh"], owner: "bob", group: "writers", mode: "4755", types: ["file"] },
      ],
    });
    expect(spec.hooks.get("AfterInstall")).toEqual([
      { location: "Scripts/RunResourceTests.sh", timeout: 180, runas: undefined },
      { location: "Scripts/PostDeploy.sh", timeout: 3600, runas: "bob" },
    ]);
    expect(parseAppSpec('{"version":0.0,"os":"linux","hooks":{"Install":[]}}').hooks.has("Install")).toBe(true);
  });

  // documented: "If the value includes a leading zero, you must surround it with double-quotes"
  test("a mode with a leading zero and without quotes is another number", () => {
    const modeOf = (mode: string) => parseAppSpec(`${HEAD}permissions:\n  - object: /a\n    mode: ${mode}\n`).permissions[0]?.mode;
    expect([modeOf("644"), modeOf('"0644"'), modeOf("0644"), modeOf("7")]).toEqual(["644", "0644", "420", "007"]);
  });
});

// documented: the words of the agent, https://github.com/aws/aws-codedeploy-agent
describe("what the agent refuses", () => {
  test.each([
    [
      "version: 1.0\nos: linux",
      'an invalid version value (1.0) was entered in the application specification file. Make sure your AppSpec file specifies "0.0"',
    ],
    ["os: linux", "an invalid version value () was entered"],
    ["version: 0.0\nos: windows", "specifies an unsupported operating system (windows)"],
    ["", "the application specification file was empty"],
    [`${HEAD}hooks:\n  Install:\n    - timeout: 3`, "specifies a script with no location value"],
    [`${HEAD}hooks:\n  Install:\n    - location: a\n      timeout: -1`, "an invalid timeout value was provided for a script"],
    [`${HEAD}files:\n  - source: a`, "specifies only a source file (a)"],
    [`${HEAD}files:\n  - destination: /a`, "specifies a destination file, but no source file"],
    [`${HEAD}file_exists_behavior: REPLACE`, "an invalid file_exists_behavior value (REPLACE) was entered"],
    [`${HEAD}permissions:\n  - mode: 644`, "a permission listed in the application specification file has no object value"],
    [
      `${HEAD}permissions:\n  - object: /a\n    mode: 648`,
      "the permissions mode (648) in the application specification file contains an invalid character (8)",
    ],
    [`${HEAD}permissions:\n  - object: /a\n    mode: 64488`, "the length of a permissions mode (64488)"],
    [`${HEAD}permissions:\n  - object: /a\n    type: [link]`, "an object type not supported for permissions (link)"],
    [`${HEAD}permissions:\n  - object: /a\n    acls: ["u::rw"]`, "Use mode to set the base acl entry (u::rw)"],
    [`${HEAD}permissions:\n  - object: /a\n    acls: ["q:bob:rw"]`, "Invalid acl entry (q:bob:rw)"],
    [`${HEAD}permissions:\n  - object: /a\n    acls: ["u:bob:rwz"]`, "contains an invalid character (z)"],
  ])("%j", (text, message) => {
    expect(problem(text)).toContain(message);
  });
});

// documented: the example of https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-permissions.html
describe("permissions", () => {
  const laid = {
    files: [1, 2, 3].map((n) => `/tmp/my-app/my-file-${n}.txt`).concat([4, 5, 6].map((n) => `/tmp/my-app/my-folder-1/my-file-${n}.txt`)),
    directories: ["/tmp/my-app", "/tmp/my-app/my-folder-1", "/tmp/my-app/my-folder-2", "/tmp/my-app/my-folder-2/my-folder-3"],
    isDirectory: () => false,
  };
  const paths = (text: string): string[] =>
    assignPermissions(parseAppSpec(`${HEAD}permissions:\n${text}`).permissions, laid).map(({ path }) => path);

  test("a pattern is for what lies immediately in the object, without what is excepted", () => {
    expect(paths('  - object: /tmp/my-app\n    pattern: "*-3.txt"\n    type: [file]')).toEqual(["/tmp/my-app/my-file-3.txt"]);
    expect(paths('  - object: /tmp/my-app\n    pattern: "*.txt"\n    except: [my-file-3.txt]\n    type: [file]')).toEqual([
      "/tmp/my-app/my-file-1.txt",
      "/tmp/my-app/my-file-2.txt",
    ]);
    expect(
      paths('  - object: /tmp/my-app/my-folder-1\n    pattern: "**"\n    except: [my-file-4.txt, my-file-5.txt]\n    type: [file]'),
    ).toEqual(["/tmp/my-app/my-folder-1/my-file-6.txt"]);
    expect(paths('  - object: /tmp/my-app\n    pattern: "*my-folder*"\n    type: [directory]')).toEqual([
      "/tmp/my-app/my-folder-1",
      "/tmp/my-app/my-folder-2",
    ]);
  });

  test("two permissions for one file, and a pattern for a file, are refused", () => {
    expect(() => paths('  - object: /tmp/my-app\n    type: [file]\n    pattern: "*-1.txt"\n  - object: /tmp/my-app/my-file-1.txt')).toThrow(
      "the permissions setting for (/tmp/my-app/my-file-1.txt) is specified more than once",
    );
    expect(() => paths('  - object: /tmp/my-app/my-file-1.txt\n    pattern: "*"')).toThrow("with an invalid pattern (*)");
  });

  test("an access control list is completed by what the mode grants", () => {
    const acls = parseAppSpec(`${HEAD}permissions:\n  - object: /a\n    acls: ["u:mary:rw", "sam:5"]`).permissions[0]?.acls ?? [];
    expect(fullAcl(acls, 0o644)).toBe("user:mary:rw-,user:sam:r-x,user::rw-,group::r--,other::r--,mask::r--");
  });
});
