import { App } from "aws-cdk-lib";
import { ChatbotStack } from "./chatbot-stack.ts";

const app = new App();
new ChatbotStack(app, "Chatbot", {
  description: "A chatbot that answers from uploaded documents and names its sources",
  model: app.node.tryGetContext("model") as string | undefined,
});
