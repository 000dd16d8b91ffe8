import { App } from "aws-cdk-lib";
import { ChatbotStack } from "./chatbot-stack.ts";
import { PipelineStack } from "./pipeline-stack.ts";

const app = new App();
const chatbot = new ChatbotStack(app, "Chatbot", {
  description: "A chatbot that answers from uploaded documents and names its sources",
  model: app.node.tryGetContext("model") as string | undefined,
});
new PipelineStack(app, "ChatbotPipeline", {
  description: "Delivers the chatbot: every push to main is built, tested, approved, deployed by a canary and tried",
  application: chatbot.stackName,
});
