import { service } from "../../aws/service.ts";
import { onMetrics } from "./metrics.ts";
import { permissions } from "./permissions.ts";
import { createQueue, deleteQueue, getQueueAttributes, getQueueUrl, listQueues, purgeQueue, setQueueAttributes } from "./queues.ts";
import { changeMessageVisibility, changeMessageVisibilityBatch, deleteMessage, deleteMessageBatch, receiveMessage } from "./receiving.ts";
import { cancelMessageMoveTask, listDeadLetterSourceQueues, listMessageMoveTasks, onMove, startMessageMoveTask } from "./redrive.ts";
import { resources } from "./resources.ts";
import { sendMessage, sendMessageBatch } from "./sending.ts";
import { migrations } from "./store.ts";
import { addPermission, listQueueTags, removePermission, tagQueue, untagQueue } from "./tags.ts";
import { onVisible } from "./wake.ts";

export const sqs = service({
  id: "sqs",
  operations: {
    AddPermission: addPermission,
    CancelMessageMoveTask: cancelMessageMoveTask,
    ChangeMessageVisibility: changeMessageVisibility,
    ChangeMessageVisibilityBatch: changeMessageVisibilityBatch,
    CreateQueue: createQueue,
    DeleteMessage: deleteMessage,
    DeleteMessageBatch: deleteMessageBatch,
    DeleteQueue: deleteQueue,
    GetQueueAttributes: getQueueAttributes,
    GetQueueUrl: getQueueUrl,
    ListDeadLetterSourceQueues: listDeadLetterSourceQueues,
    ListMessageMoveTasks: listMessageMoveTasks,
    ListQueueTags: listQueueTags,
    ListQueues: listQueues,
    PurgeQueue: purgeQueue,
    ReceiveMessage: receiveMessage,
    RemovePermission: removePermission,
    SendMessage: sendMessage,
    SendMessageBatch: sendMessageBatch,
    SetQueueAttributes: setQueueAttributes,
    StartMessageMoveTask: startMessageMoveTask,
    TagQueue: tagQueue,
    UntagQueue: untagQueue,
  },
  partial: {
    ReceiveMessage: "ReceiveRequestAttemptId of FIFO queues is refused.",
    CreateQueue: "Encryption settings are kept, messages at rest are not encrypted.",
  },
  notImplemented: [],
  migrations,
  messages: { "sqs.visible": onVisible, "sqs.metrics": onMetrics, "sqs.move": onMove },
  resources,
  permissions,
});
