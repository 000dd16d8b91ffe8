import { service } from "../../aws/service.ts";
import { aclOperations } from "./acls.ts";
import { attributeOperations } from "./attributes.ts";
import { bucketOperations } from "./buckets.ts";
import { completeOperations } from "./complete.ts";
import { configOperations } from "./configs.ts";
import { copyOperations } from "./copy.ts";
import { corsOperations } from "./cors.ts";
import { deleteOperations } from "./delete.ts";
import { onNotify } from "./deliver.ts";
import { getOperations } from "./get.ts";
import { guarded } from "./guard.ts";
import { lifecycleOperations, onLifecycle } from "./lifecycle.ts";
import { uploadListOperations } from "./list-uploads.ts";
import { versionListOperations } from "./list-versions.ts";
import { listOperations } from "./listing.ts";
import { lockOperations } from "./locks.ts";
import { multipartOperations } from "./multipart.ts";
import { notImplementedOperations } from "./not-implemented.ts";
import { notificationOperations } from "./notifications.ts";
import { partOperations } from "./parts.ts";
import { permissions } from "./permissions.ts";
import { policyOperations } from "./policies.ts";
import { preflight } from "./preflight.ts";
import { putOperations } from "./put.ts";
import { resources } from "./resources.ts";
import { migrations } from "./store.ts";
import { sweep } from "./sweep.ts";
import { taggingOperations } from "./tagging.ts";

export const s3 = service({
  id: "s3",
  operations: guarded({
    ...aclOperations,
    ...attributeOperations,
    ...bucketOperations,
    ...completeOperations,
    ...configOperations,
    ...copyOperations,
    ...corsOperations,
    ...deleteOperations,
    ...getOperations,
    ...lifecycleOperations,
    ...listOperations,
    ...lockOperations,
    ...multipartOperations,
    ...notificationOperations,
    ...partOperations,
    ...policyOperations,
    ...putOperations,
    ...taggingOperations,
    ...uploadListOperations,
    ...versionListOperations,
  }),
  partial: {
    CompleteMultipartUpload: "Without a checksum algorithm AWS computes CRC64NVME; here the object has no checksum.",
    CopyObject: "Grants and customer-provided keys are refused.",
    CreateBucket: "Grants and account-regional namespaces are refused.",
    PutBucketAccelerateConfiguration: "Kept and told, not applied.",
    PutBucketAcl: "Canned ACLs alone; they decide on unsigned requests, and not on signed ones.",
    PutBucketEncryption: "Kept and told; bytes at rest are not encrypted.",
    PutBucketLifecycleConfiguration: "Expiration and aborts happen; transitions are kept and told.",
    PutBucketLogging: "Kept and told; no access logs are written.",
    PutBucketPolicy: "It decides on unsigned requests, and not on signed ones.",
    PutBucketReplication: "Kept and told; nothing is replicated.",
    PutBucketRequestPayment: "Who is not the owner has to say that they pay; nobody is charged.",
    PutBucketWebsite: "Kept and told; there is no website endpoint.",
    PutObject:
      "Grants, customer-provided keys and WriteOffsetBytes are refused; without a checksum AWS computes CRC64NVME, here there is none.",
    PutObjectAcl: "Canned ACLs alone; they decide on unsigned requests, and not on signed ones.",
  },
  notImplemented: notImplementedOperations,
  migrations,
  messages: { "s3.lifecycle": onLifecycle, "s3.notify": onNotify },
  endpoints: [preflight],
  resources,
  permissions,
  start: sweep,
});
