const TRUST = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: ["lambda.amazonaws.com", "codedeploy.amazonaws.com"] }, Action: "sts:AssumeRole" }],
};
/** A function with a version behind an alias, its URL, an alarm on its errors, and CodeDeploy to shift its traffic. */
export const SHOP = {
  Resources: {
    Role: { Type: "AWS::IAM::Role", Properties: { AssumeRolePolicyDocument: TRUST } },
    Function: {
      Type: "AWS::Lambda::Function",
      Properties: {
        Runtime: "nodejs22.x",
        Handler: "index.handler",
        Role: { "Fn::GetAtt": ["Role", "Arn"] },
        Code: {
          ZipFile:
            "exports.handler = async () => ({ statusCode: 200, headers: { 'x-version': process.env.AWS_LAMBDA_FUNCTION_VERSION }, body: 'ok' });",
        },
      },
    },
    Version: { Type: "AWS::Lambda::Version", Properties: { FunctionName: { Ref: "Function" } } },
    Alias: {
      Type: "AWS::Lambda::Alias",
      Properties: { FunctionName: { Ref: "Function" }, FunctionVersion: { "Fn::GetAtt": ["Version", "Version"] }, Name: "live" },
    },
    Url: { Type: "AWS::Lambda::Url", Properties: { TargetFunctionArn: { Ref: "Alias" }, AuthType: "NONE" } },
    Open: {
      Type: "AWS::Lambda::Permission",
      Properties: { FunctionName: { Ref: "Alias" }, Action: "lambda:InvokeFunctionUrl", Principal: "*", FunctionUrlAuthType: "NONE" },
    },
    Errors: {
      Type: "AWS::CloudWatch::Alarm",
      Properties: {
        Namespace: "AWS/Lambda",
        MetricName: "Errors",
        Dimensions: [
          { Name: "FunctionName", Value: { Ref: "Function" } },
          { Name: "Resource", Value: { "Fn::Join": [":", [{ Ref: "Function" }, "live"]] } },
        ],
        Statistic: "Sum",
        Period: 60,
        EvaluationPeriods: 1,
        Threshold: 1,
        ComparisonOperator: "GreaterThanOrEqualToThreshold",
        TreatMissingData: "notBreaching",
      },
    },
    Application: { Type: "AWS::CodeDeploy::Application", Properties: { ComputePlatform: "Lambda" } },
    Group: {
      Type: "AWS::CodeDeploy::DeploymentGroup",
      Properties: {
        ApplicationName: { Ref: "Application" },
        ServiceRoleArn: { "Fn::GetAtt": ["Role", "Arn"] },
        DeploymentConfigName: "CodeDeployDefault.LambdaCanary10Percent10Minutes",
        DeploymentStyle: { DeploymentType: "BLUE_GREEN", DeploymentOption: "WITH_TRAFFIC_CONTROL" },
        AlarmConfiguration: { Enabled: true, Alarms: [{ Name: { Ref: "Errors" } }] },
        AutoRollbackConfiguration: { Enabled: true, Events: ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"] },
      },
    },
  },
  Outputs: { Url: { Value: { "Fn::GetAtt": ["Url", "FunctionUrl"] } }, Name: { Value: { Ref: "Function" } } },
};
