import { AwsException } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import { lifecycleProblem } from "./lifecycle.ts";
import { find, record } from "./repositories.ts";
import { registries, repositories } from "./store.ts";

function invalid(parameter: string, constraint: string): AwsException {
  return new AwsException("InvalidParameterException", `Invalid parameter at '${parameter}' failed to satisfy constraint: '${constraint}'`);
}

export const policyOperations = {
  SetRepositoryPolicy: (input, ctx) => {
    const row = find(ctx, input);
    const policy = input.policyText ?? "";
    if (ctx.cloud.identity.problemOf(policy, "resource") !== undefined) throw invalid("PolicyText", "Invalid repository policy provided");
    ctx.tx(() => {
      ctx.run(repositories.setPolicy, { arn: row.arn, policy });
      record(ctx, "repository policy set", row.arn, row.name);
    });
    return { registryId: row.account, repositoryName: row.name, policyText: policy };
  },

  GetRepositoryPolicy: (input, ctx) => {
    const row = find(ctx, input);
    if (row.policy === null) throw noPolicy(row.name, row.account);
    return { registryId: row.account, repositoryName: row.name, policyText: row.policy };
  },

  DeleteRepositoryPolicy: (input, ctx) => {
    const row = find(ctx, input);
    const { policy } = row;
    if (policy === null) throw noPolicy(row.name, row.account);
    ctx.tx(() => {
      ctx.run(repositories.setPolicy, { arn: row.arn, policy: null });
      record(ctx, "repository policy deleted", row.arn, row.name);
    });
    return { registryId: row.account, repositoryName: row.name, policyText: policy };
  },

  PutLifecyclePolicy: (input, ctx) => {
    const row = find(ctx, input);
    const lifecycle = input.lifecyclePolicyText ?? "";
    const problem = lifecycleProblem(lifecycle);
    if (problem !== undefined) throw invalid("LifecyclePolicyText", `Lifecycle policy validation failure: ${problem}`);
    ctx.tx(() => {
      ctx.run(repositories.setLifecycle, { arn: row.arn, lifecycle });
      record(ctx, "lifecycle policy put", row.arn, row.name);
    });
    return { registryId: row.account, repositoryName: row.name, lifecyclePolicyText: lifecycle };
  },

  GetLifecyclePolicy: (input, ctx) => {
    const row = find(ctx, input);
    if (row.lifecycle === null) throw noLifecycle(row.name, row.account);
    return { registryId: row.account, repositoryName: row.name, lifecyclePolicyText: row.lifecycle };
  },

  DeleteLifecyclePolicy: (input, ctx) => {
    const row = find(ctx, input);
    const { lifecycle } = row;
    if (lifecycle === null) throw noLifecycle(row.name, row.account);
    ctx.tx(() => {
      ctx.run(repositories.setLifecycle, { arn: row.arn, lifecycle: null });
      record(ctx, "lifecycle policy deleted", row.arn, row.name);
    });
    return { registryId: row.account, repositoryName: row.name, lifecyclePolicyText: lifecycle };
  },

  PutRegistryPolicy: (input, ctx) => {
    const policy = input.policyText ?? "";
    if (ctx.cloud.identity.problemOf(policy, "resource") !== undefined) throw invalid("PolicyText", "Invalid registry policy provided");
    ctx.tx(() => {
      ctx.run(registries.setPolicy, { policy });
      record(ctx, "registry policy put", ctx.arn("ecr", "registry"), ctx.account);
    });
    return { registryId: ctx.account, policyText: policy };
  },

  GetRegistryPolicy: (_input, ctx) => {
    const policy = ctx.get(registries.get, {})?.policy ?? undefined;
    if (policy === undefined) throw noRegistryPolicy(ctx.account);
    return { registryId: ctx.account, policyText: policy };
  },

  DeleteRegistryPolicy: (_input, ctx) => {
    const policy = ctx.get(registries.get, {})?.policy ?? undefined;
    if (policy === undefined) throw noRegistryPolicy(ctx.account);
    ctx.tx(() => {
      ctx.run(registries.setPolicy, { policy: null });
      record(ctx, "registry policy deleted", ctx.arn("ecr", "registry"), ctx.account);
    });
    return { registryId: ctx.account, policyText: policy };
  },
} satisfies Operations<"ecr">;

function noPolicy(name: string, registry: string): AwsException {
  const text = `Repository policy does not exist for the repository with name '${name}' in the registry with id '${registry}'`;
  return new AwsException("RepositoryPolicyNotFoundException", text);
}

function noLifecycle(name: string, registry: string): AwsException {
  const text = `Lifecycle policy does not exist for the repository with name '${name}' in the registry with id '${registry}'`;
  return new AwsException("LifecyclePolicyNotFoundException", text);
}

function noRegistryPolicy(registry: string): AwsException {
  return new AwsException("RegistryPolicyNotFoundException", `Registry policy does not exist in the registry with id '${registry}'`);
}
