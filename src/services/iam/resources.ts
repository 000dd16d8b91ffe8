import type { ResourceType } from "../../aws/resource.ts";
import { groupPolicy, policy, rolePolicy, userPolicy } from "./resources/inline-policies.ts";
import { instanceProfile } from "./resources/instance-profile.ts";
import { managedPolicy } from "./resources/managed-policy.ts";
import { role, serviceLinkedRole } from "./resources/role.ts";
import { accessKey, group, user, userToGroupAddition } from "./resources/users-groups.ts";

export const resources: Readonly<Record<string, ResourceType>> = {
  "AWS::IAM::AccessKey": accessKey,
  "AWS::IAM::Group": group,
  "AWS::IAM::GroupPolicy": groupPolicy,
  "AWS::IAM::InstanceProfile": instanceProfile,
  "AWS::IAM::ManagedPolicy": managedPolicy,
  "AWS::IAM::Policy": policy,
  "AWS::IAM::Role": role,
  "AWS::IAM::RolePolicy": rolePolicy,
  "AWS::IAM::ServiceLinkedRole": serviceLinkedRole,
  "AWS::IAM::User": user,
  "AWS::IAM::UserPolicy": userPolicy,
  "AWS::IAM::UserToGroupAddition": userToGroupAddition,
};
