import { describe, expect, it } from "vitest";
import { parseRouteKey, Router } from "./routing.ts";

const select = (keys: readonly string[], request: string) => {
  const [method = "", path = ""] = request.split(" ");
  return new Router(keys.map((key) => [key, key] as const)).match(method, path);
};

// documented: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html#http-api-develop-routes.evaluation
describe("route selection", () => {
  const pets = ["$default", "ANY /{proxy+}", "GET /pets/{proxy+}", "GET /pets/dog/{id}", "GET /pets/dog/1"];
  it.each([
    ["GET /pets/dog/1", "GET /pets/dog/1", {}],
    ["GET /pets/dog/2", "GET /pets/dog/{id}", { id: "2" }],
    ["GET /pets/cat/1", "GET /pets/{proxy+}", { proxy: "cat/1" }],
    ["POST /test/5", "ANY /{proxy+}", { proxy: "test/5" }],
    ["GET /", "$default", {}],
  ])("%s goes to %s", (request, route, pathParameters) => {
    expect(select(pets, request)).toEqual({ route, pathParameters });
  });

  it("prefers the method to ANY, and a full match by ANY to a greedy one", () => {
    expect(select(["ANY /a", "GET /a"], "GET /a")?.route).toBe("GET /a");
    expect(select(["ANY /a", "GET /{proxy+}"], "GET /a")?.route).toBe("ANY /a");
    expect(select(["GET /a"], "POST /a")).toBeUndefined();
  });

  it.each(["get /a", "GET a", "GET /a b", "GET /{a+}/b", "GET /x{a}", "TRACE /a", "GET"])("%s is no route key", (key) => {
    expect(parseRouteKey(key)).toBeUndefined();
  });
});
