import { expect, test } from "vitest";
import { resourcesOf, treeOf } from "./template.ts";

const YAML = `
Resources:
  Role:
    Type: AWS::IAM::Role
    Metadata: { "aws:cdk:path": Shop/Fn/Role/Resource }
  Fn:
    Type: AWS::Lambda::Function
    Metadata: { "aws:cdk:path": Shop/Fn/Resource }
    DependsOn: Table
    Properties:
      Role: !GetAtt Role.Arn
      Environment: { Variables: { Q: !Sub "\${Queue.Arn}-\${AWS::Region}-\${!Literal}", T: !Join ["-", [!Ref Table, x]] } }
  Queue: { Type: AWS::SQS::Queue }
  Table: { Type: AWS::DynamoDB::Table }
`;

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
test("a resource needs what it refers to, in YAML's short forms as in JSON", () => {
  const found = resourcesOf(YAML);
  expect(found.get("Fn")?.needs.toSorted()).toEqual(["Queue", "Role", "Table"]);
  expect(found.get("Table")).toEqual({ type: "AWS::DynamoDB::Table", needs: [], path: undefined });
  const json = {
    Resources: { A: { Type: "T", Properties: { X: { "Fn::GetAtt": ["B", "Arn"] }, Y: { Ref: "AWS::Region" } } }, B: { Type: "T" } },
  };
  expect(resourcesOf(JSON.stringify(json)).get("A")?.needs).toEqual(["B"]);
  expect(resourcesOf("- no: [template").size).toBe(0);
});

test("the tree is the CDK's", () => {
  const tree = treeOf(resourcesOf(YAML));
  expect(tree.map(({ name, logical }) => [name, logical])).toEqual([
    ["Fn", "Fn"],
    ["Queue", "Queue"],
    ["Table", "Table"],
  ]);
  expect(tree[0]?.branches.map(({ name, logical }) => [name, logical])).toEqual([["Role", "Role"]]);
});
