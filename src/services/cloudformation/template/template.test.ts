import { describe, expect, test } from "vitest";
import { cidrBlocks } from "./cidr.ts";
import { evaluate, NO_VALUE, type Scope } from "./evaluate.ts";
import { expandLoops } from "./loops.ts";
import { chooseParameters } from "./parameters.ts";
import { lineOf, parseTemplate, type Template } from "./parse.ts";
import { s3Location } from "./source.ts";
import { requiredCapabilities, validateTemplate } from "./validate.ts";

const scope: Scope = {
  mappings: { M: { top: { second: "found" } } },
  zones: (region) => [`${region || "us-east-1"}a`],
  ref: (name) => ({ P: "p", L: ["a", "b"], "AWS::Region": "us-east-1" })[name],
  attribute: (id, name) => `${id}/${name}`,
  condition: (name) => name === "Yes",
  importValue: (name) => `imported ${name}`,
};
const value = (input: unknown): unknown => evaluate(input, scope);
const s3 = { Type: "AWS::S3::Bucket" };

describe("text", () => {
  // documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html
  test("YAML short forms, dates and YAML 1.1 words are read as CloudFormation reads them", () => {
    const template = parseTemplate(
      "AWSTemplateFormatVersion: 2010-09-09\nResources:\n  A:\n    Type: T::T\n    Properties:\n      a: !GetAtt B.C.D\n      b: !Sub ['x', {y: !Ref Z}]\n      c: !If [C, !Ref A, 2]\n      d: yes\n      Version: 2012-10-17\n      'e': !Join\n        - ','\n        - [!Ref P]\n",
    );
    expect(template.AWSTemplateFormatVersion).toBe("2010-09-09");
    expect(template.Resources?.["A"]).toEqual({
      Type: "T::T",
      Properties: {
        a: { "Fn::GetAtt": ["B", "C.D"] },
        b: { "Fn::Sub": ["x", { y: { Ref: "Z" } }] },
        c: { "Fn::If": ["C", { Ref: "A" }, 2] },
        d: true,
        Version: "2012-10-17",
        e: { "Fn::Join": [",", [{ Ref: "P" }]] },
      },
    });
  });

  // assumed: the wording of AWS's parser
  test("text that is no template is refused with its place", () => {
    expect(() => parseTemplate('{"Resources": {')).toThrow(/Template format error: JSON not well-formed\. \(line 1, column \d+\)/);
    expect(() => parseTemplate("a: [b")).toThrow(/Template format error: YAML not well-formed/);
    expect(() => parseTemplate("just text")).toThrow("Template format error: unsupported structure.");
    expect(() => parseTemplate('{"Resources":{"A":null}}')).toThrow("[/Resources/A] 'null' values are not allowed in templates");
  });

  // assumed: a service of this program's own messages
  test("a resource's line is found in JSON and YAML", () => {
    expect(lineOf('{\n "Resources": {\n  "A": {},\n  "B": {}\n}}', "B")).toBe(4);
    expect(lineOf("Parameters:\n  B: {}\nResources:\n  A:\n    Type: x\n  B:\n    Type: y\n", "B")).toBe(6);
  });
});

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
describe("functions", () => {
  test.each([
    [{ Ref: "P" }, "p"],
    [{ "Fn::Join": ["-", ["a", { Ref: "P" }]] }, "a-p"],
    [{ "Fn::Sub": `\${P} \${!P} \${A.B.C} \${AWS::Region}` }, `p \${P} A/B.C us-east-1`],
    [{ "Fn::Sub": [`\${X}`, { X: { Ref: "P" } }] }, "p"],
    [{ "Fn::Select": ["1", { Ref: "L" }] }, "b"],
    [{ "Fn::Split": ["|", "a|b"] }, ["a", "b"]],
    [{ "Fn::FindInMap": ["M", "top", "second"] }, "found"],
    [{ "Fn::FindInMap": ["M", "top", "none", { DefaultValue: "d" }] }, "d"],
    [{ "Fn::If": ["Yes", 1, 2] }, 1],
    [{ "Fn::If": ["No", 1, { Ref: "AWS::NoValue" }] }, NO_VALUE],
    [{ "Fn::Base64": "hi" }, "aGk="],
    [{ "Fn::GetAZs": "" }, ["us-east-1a"]],
    [{ "Fn::ImportValue": "x" }, "imported x"],
    [{ "Fn::Length": [1, 2] }, 2],
    [{ "Fn::ToJsonString": { a: { Ref: "P" } } }, '{"a":"p"}'],
    [{ "Fn::And": [{ Condition: "Yes" }, { "Fn::Equals": [{ Ref: "P" }, "p"] }] }, true],
    [{ "Fn::Or": [{ Condition: "No" }, { "Fn::Not": [{ Condition: "Yes" }] }] }, false],
    [{ a: { Ref: "AWS::NoValue" }, b: [{ Ref: "AWS::NoValue" }, 1] }, { b: [1] }],
  ])("%j", (input, expected) => expect(value(input)).toEqual(expected));

  // documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-cidr.html
  test("Cidr cuts blocks", () => {
    expect(cidrBlocks("192.168.0.0/24", 6, 5)).toEqual([0, 32, 64, 96, 128, 160].map((part) => `192.168.0.${part}/27`));
    expect(cidrBlocks("10.0.0.0/16", 2)).toEqual(["10.0.0.0/24", "10.0.1.0/24"]);
  });

  // documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html
  test("ForEach writes one resource for each item", () => {
    const loop = {
      "Fn::ForEach::Topics": ["Name", ["A", "B"], { [`Topic\${Name}`]: { Type: "AWS::SNS::Topic", Properties: { N: { Ref: "Name" } } } }],
    };
    const expanded = expandLoops({ Resources: loop } as Template, scope);
    expect(expanded.Resources).toEqual({
      TopicA: { Type: "AWS::SNS::Topic", Properties: { N: "A" } },
      TopicB: { Type: "AWS::SNS::Topic", Properties: { N: "B" } },
    });
  });
});

describe("checks", () => {
  // assumed: AWS's texts, as published logs have them;
  // the behaviour is documented at https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html
  test.each([
    [
      { Resources: { A: { ...s3, Properties: { x: { Ref: "X" } } } } },
      "Template format error: Unresolved resource dependencies [X] in the Resources block of the template",
    ],
    [
      { Resources: { A: { ...s3, Properties: { x: { "Fn::GetAtt": ["X", "Arn"] } } } } },
      "Template error: instance of Fn::GetAtt references undefined resource X",
    ],
    [{ Resources: { A: { ...s3, DependsOn: "B" }, B: { ...s3, DependsOn: "A" } } }, "Circular dependency between resources: [A, B]"],
    [{ Resources: {} }, "Template format error: At least one Resources member must be defined."],
    [{ Resources: { "a-b": s3 } }, "Template format error: Resource name a-b is non alphanumeric."],
  ])("%j", (template, message) => expect(() => validateTemplate(template as Template)).toThrow(message));

  // assumed: AWS's texts, as published logs have them;
  // the behaviour is documented at https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
  test("parameters must exist, have values and satisfy their constraints", () => {
    const template = { Parameters: { A: { Type: "String" }, N: { Type: "Number", Default: 1, MaxValue: 5 } } } as Template;
    expect(() => chooseParameters(template, [], {})).toThrow("Parameters: [A] must have values");
    expect(() => chooseParameters(template, [{ ParameterKey: "Z", ParameterValue: "" }], {})).toThrow(
      "Parameters: [Z] do not exist in the template",
    );
    const given = (n: string) => [
      { ParameterKey: "A", UsePreviousValue: true },
      { ParameterKey: "N", ParameterValue: n },
    ];
    expect(() => chooseParameters(template, given("9"), { A: { value: "x" } })).toThrow("must be a number not greater than 5");
    expect(chooseParameters(template, given("3"), { A: { value: "x" } })).toEqual({ A: "x", N: "3" });
  });

  // documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
  test("IAM resources need to be acknowledged, those with names by name", () => {
    const role = (Properties: object): Template => ({ Resources: { R: { Type: "AWS::IAM::Role", Properties } } });
    expect(requiredCapabilities(role({})).capabilities).toEqual(["CAPABILITY_IAM"]);
    expect(requiredCapabilities(role({ RoleName: "x" })).capabilities).toEqual(["CAPABILITY_NAMED_IAM"]);
  });
});

// documented: https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
test.each([
  "https://b.s3.us-east-1.amazonaws.com/k/x.json",
  "https://b.s3.amazonaws.com/k/x.json",
  "https://b.s3-us-west-2.amazonaws.com/k/x.json",
  "https://s3.amazonaws.com/b/k/x.json",
  "https://s3.eu-west-1.amazonaws.com/b/k/x.json",
  "https://s3-eu-west-1.amazonaws.com/b/k/x.json",
  "s3://b/k/x.json",
  "http://127.0.0.1:4566/b/k/x.json",
])("an object is found by %s", (address) => expect(s3Location(address, "http://127.0.0.1:4566")).toEqual({ bucket: "b", key: "k/x.json" }));
