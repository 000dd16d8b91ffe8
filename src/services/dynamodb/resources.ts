import type { ResourceType } from "../../aws/resource.ts";

export const resources: Readonly<Record<string, ResourceType>> = {};
