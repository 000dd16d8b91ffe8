"""Everyday use of each service by boto3. Prints one line of JSON for each part that worked; the test reads them."""
import io
import json
import sys
import time
import zipfile

import boto3
from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError


def part(function):
    try:
        print(json.dumps({"part": function.__name__, "ok": True, "value": function()}), flush=True)
    except Exception as error:  # every part is reported, whatever it throws
        print(json.dumps({"part": function.__name__, "ok": False, "value": f"{type(error).__name__}: {error}"}), flush=True)


def code_of(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


def s3_objects():
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="pyb")
    s3.upload_fileobj(io.BytesIO(b"x" * 9_000_000), "pyb", "large")
    body = s3.get_object(Bucket="pyb", Key="large", Range="bytes=8999990-")["Body"].read()
    s3.put_bucket_versioning(Bucket="pyb", VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket="pyb", Key="v", Body=b"1")["VersionId"]
    s3.put_object(Bucket="pyb", Key="v", Body=b"2")
    s3.delete_object(Bucket="pyb", Key="v")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "pyb", "Key": "v", "VersionId": first})
    versions = s3.list_object_versions(Bucket="pyb", Prefix="v")
    import urllib.request
    return [len(body), urllib.request.urlopen(url).read().decode(), len(versions["Versions"]), len(versions["DeleteMarkers"]),
            code_of(s3.get_object, Bucket="pyb", Key="v"), code_of(s3.head_bucket, Bucket="not-there")]


def dynamodb_resource():
    table = boto3.resource("dynamodb").create_table(
        TableName="pyt", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": t} for n, t in (("pk", "S"), ("sk", "N"), ("kind", "S"))],
        GlobalSecondaryIndexes=[{"IndexName": "by-kind", "KeySchema": [{"AttributeName": "kind", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}], "Projection": {"ProjectionType": "ALL"}}])
    table.wait_until_exists()
    with table.batch_writer() as batch:
        for i in range(60):
            batch.put_item(Item={"pk": "p", "sk": i, "kind": "even" if i % 2 == 0 else "odd", "tags": {"a", "b"}})
    page = table.query(KeyConditionExpression=Key("pk").eq("p") & Key("sk").between(10, 40), FilterExpression=Attr("kind").eq("odd"), ScanIndexForward=False)
    index = table.query(IndexName="by-kind", KeyConditionExpression=Key("kind").eq("even"), Limit=7)
    return [page["Count"], int(page["Items"][0]["sk"]), index["Count"], "LastEvaluatedKey" in index,
            code_of(table.put_item, Item={"pk": "p", "sk": 1}, ConditionExpression=Attr("pk").not_exists())]


def sqs_queue():
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="py", Attributes={"VisibilityTimeout": "0"})["QueueUrl"]
    sent = sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": str(i), "MessageBody": f"m{i}"} for i in range(10)])
    received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"])["Messages"]
    return [len(sent["Successful"]), sorted({m["Body"] for m in received})[0], received[0]["Attributes"]["ApproximateReceiveCount"]]


def lambda_function():
    iam, functions, logs = boto3.client("iam"), boto3.client("lambda"), boto3.client("logs")
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
    role = iam.create_role(RoleName="py", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("app.py", "import os\ndef handler(event, context):\n    print('seen', event)\n    return {'doubled': event['n'] * 2, 'region': os.environ['AWS_REGION']}\n")
    functions.create_function(FunctionName="py", Runtime="python3.12", Role=role, Handler="app.handler", Code={"ZipFile": code.getvalue()}, Timeout=10)
    functions.get_waiter("function_active_v2").wait(FunctionName="py")
    answer = json.load(functions.invoke(FunctionName="py", Payload=json.dumps({"n": 21}))["Payload"])
    failed = functions.invoke(FunctionName="py", Payload="{}")
    for _ in range(100):
        try:
            messages = [e["message"] for e in logs.filter_log_events(logGroupName="/aws/lambda/py")["events"]]
            if any(m.startswith("REPORT") for m in messages):
                break
        except ClientError:
            pass
        time.sleep(0.1)
    return [answer, failed["FunctionError"], json.load(failed["Payload"])["errorType"], any("seen" in m for m in messages)]


def parameters_and_secrets():
    ssm, secrets = boto3.client("ssm"), boto3.client("secretsmanager")
    for i in range(12):
        ssm.put_parameter(Name=f"/py/{i:02}", Value=str(i), Type="String")
    pages = list(ssm.get_paginator("get_parameters_by_path").paginate(Path="/py"))
    secrets.create_secret(Name="py", SecretString="one")
    secrets.put_secret_value(SecretId="py", SecretString="two")
    return [sum(len(p["Parameters"]) for p in pages), secrets.get_secret_value(SecretId="py")["SecretString"],
            secrets.get_secret_value(SecretId="py", VersionStage="AWSPREVIOUS")["SecretString"]]


def keys():
    kms = boto3.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    data = kms.generate_data_key(KeyId=key, KeySpec="AES_256", EncryptionContext={"a": "b"})
    plain = kms.decrypt(CiphertextBlob=data["CiphertextBlob"], EncryptionContext={"a": "b"})["Plaintext"]
    return [plain == data["Plaintext"], code_of(kms.decrypt, CiphertextBlob=data["CiphertextBlob"], EncryptionContext={"a": "c"})]


def metrics():
    cloudwatch = boto3.client("cloudwatch")
    now = int(time.time()) // 60 * 60
    cloudwatch.put_metric_data(Namespace="py", MetricData=[{"MetricName": "m", "Timestamp": now - 60, "Values": [1.0, 2.0, 3.0], "Counts": [1.0, 1.0, 2.0]}])
    data = cloudwatch.get_metric_data(StartTime=now - 600, EndTime=now + 60, MetricDataQueries=[
        {"Id": "a", "MetricStat": {"Metric": {"Namespace": "py", "MetricName": "m"}, "Period": 60, "Stat": "Average"}},
        {"Id": "p", "MetricStat": {"Metric": {"Namespace": "py", "MetricName": "m"}, "Period": 60, "Stat": "SampleCount"}}])
    return [r["Values"] for r in data["MetricDataResults"]]


def cloudformation_stack():
    cloudformation = boto3.client("cloudformation")
    template = {"Parameters": {"Name": {"Type": "String"}}, "Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": "Name"}}}},
                "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Queue", "Arn"]}}}}
    cloudformation.create_stack(StackName="py", TemplateBody=json.dumps(template), Parameters=[{"ParameterKey": "Name", "ParameterValue": "from-stack"}])
    cloudformation.get_waiter("stack_create_complete").wait(StackName="py", WaiterConfig={"Delay": 1})
    output = cloudformation.describe_stacks(StackName="py")["Stacks"][0]["Outputs"][0]["OutputValue"]
    cloudformation.delete_stack(StackName="py")
    cloudformation.get_waiter("stack_delete_complete").wait(StackName="py", WaiterConfig={"Delay": 1})
    return [output, code_of(cloudformation.describe_stacks, StackName="py")]


if __name__ == "__main__":
    for function in (s3_objects, dynamodb_resource, sqs_queue, lambda_function, parameters_and_secrets, keys, metrics, cloudformation_stack):
        if len(sys.argv) < 2 or function.__name__ in sys.argv[1:]:
            part(function)
