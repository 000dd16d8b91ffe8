// Beside inline code of Node.js functions, as CloudFormation puts it there:
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/cfn-lambda-function-code-cfnresponsemodule.html
const http = require("node:http");
const https = require("node:https");

exports.SUCCESS = "SUCCESS";
exports.FAILED = "FAILED";

exports.send = (event, context, responseStatus, responseData, physicalResourceId, noEcho) =>
  new Promise((resolve) => {
    const body = JSON.stringify({
      Status: responseStatus,
      Reason: `See the details in CloudWatch Log Stream: ${context.logStreamName}`,
      PhysicalResourceId: physicalResourceId || context.logStreamName,
      StackId: event.StackId,
      RequestId: event.RequestId,
      LogicalResourceId: event.LogicalResourceId,
      NoEcho: noEcho || false,
      Data: responseData,
    });
    const end = (outcome) => {
      // biome-ignore lint/suspicious/noConsole: it runs in the function, whose console is its log
      console.log(outcome);
      if (typeof context.done === "function") context.done();
      resolve();
    };
    const url = new URL(event.ResponseURL);
    const headers = { "content-type": "", "content-length": Buffer.byteLength(body) };
    const request = (url.protocol === "http:" ? http : https).request(url, { method: "PUT", headers }, (response) => {
      response.resume();
      end(`Status code: ${response.statusCode}`);
    });
    request.on("error", (error) => end(`send(..) failed executing request(..): ${error}`));
    request.end(body);
  });
