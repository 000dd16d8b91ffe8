import fc from "fast-check";
import { expect, test } from "vitest";
import { listOfTags, resourceTags, tagsOfList, withoutTags } from "./tags.ts";

const request = { logicalId: "L", stackName: "s", stackId: "id", stackTags: { team: "a", stage: "test" }, generatedName: () => "name" };

test("a list and a map of tags say the same", () => {
  const tags = fc.dictionary(fc.string({ minLength: 1 }), fc.string());
  fc.assert(
    fc.property(tags, (map) => {
      expect(tagsOfList(listOfTags(map))).toEqual({ ...map });
      expect(withoutTags(map, Object.keys(map))).toEqual({});
      expect(withoutTags(map, undefined)).toEqual({ ...map });
    }),
  );
});

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-resource-tags.html
test.each([
  ["a list", [{ Key: "stage", Value: "live" }, { Key: "size", Value: 3 }, { Key: "empty" }]],
  ["a map", { stage: "live", size: 3, empty: "" }],
])("a resource's own tags, given as %s, win over the stack's", (_form, Tags) => {
  const merged = { team: "a", stage: "live", size: "3", empty: "" };
  expect(resourceTags({ ...request, properties: { Tags } })).toEqual(merged);
  expect(resourceTags({ ...request, properties: {} })).toEqual(request.stackTags);
});
