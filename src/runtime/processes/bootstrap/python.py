# Runs inside each Python execution environment: loads the handler and speaks the Lambda Runtime API.
import http.client
import importlib
import json
import logging
import os
import struct
import sys
import time
import traceback

API = os.environ["AWS_LAMBDA_RUNTIME_API"]
LOG_FD = int(os.environ.pop("_LAMBDA_TELEMETRY_LOG_FD"))
JSON_LOGS = os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON"
PREFIX = "/2018-06-01/runtime/"
connection = http.client.HTTPConnection(API)
current = {"id": None}


def frame(text):
    body = text.encode("utf-8", "replace")
    data = struct.pack(">I", len(body)) + body
    while data:
        data = data[os.write(LOG_FD, data):]


def call(method, path, body=None, headers=None):
    connection.request(method, PREFIX + path, body, headers or {})
    response = connection.getresponse()
    return response, response.read()


class FunctionLogHandler(logging.Handler):
    """Formats as https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html shows it."""

    def emit(self, record):
        try:
            frame(self.format(record))
        except Exception:
            self.handleError(record)


class TextFormatter(logging.Formatter):
    converter = time.gmtime

    def __init__(self):
        super().__init__("[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s", "%Y-%m-%dT%H:%M:%S")

    def format(self, record):
        record.aws_request_id = current["id"]
        return super().format(record)


class JsonFormatter(logging.Formatter):
    def format(self, record):
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))
        document = {"timestamp": stamp, "level": record.levelname, "message": record.getMessage(), "logger": record.name}
        if current["id"] is not None:
            document["requestId"] = current["id"]
        if record.exc_info:
            kind, value, trace = record.exc_info
            document.update(errorType=kind.__name__, errorMessage=str(value), stackTrace=traceback.format_tb(trace))
        return json.dumps(document)


class Identity:
    cognito_identity_id = None
    cognito_identity_pool_id = None


class Context:
    def __init__(self, headers):
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = Identity()
        client = headers["Lambda-Runtime-Client-Context"]
        self.client_context = json.loads(client) if client else None
        self._deadline = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline - int(time.time() * 1000))


def error_document(kind, message, frames):
    document = {"errorMessage": message, "errorType": kind}
    if current["id"] is not None:
        document["requestId"] = current["id"]
    document["stackTrace"] = traceback.format_list(frames)
    return document


def log_error(document):
    if JSON_LOGS:
        frame(json.dumps({"timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "log_level": "ERROR", **document}))
        return
    trace = document["stackTrace"]
    lines = ["[ERROR] %s: %s" % (document["errorType"], document["errorMessage"])]
    if trace:
        lines += ["Traceback (most recent call last):", "".join(trace).rstrip("\n")]
    frame("\n".join(lines))


def fail(path, document):
    log_error(document)
    kind = {"Lambda-Runtime-Function-Error-Type": document["errorType"], "Content-Type": "application/json"}
    call("POST", path, json.dumps(document), kind)


class InitError(Exception):
    def __init__(self, kind, message, frames=()):
        super().__init__(message)
        self.document = error_document(kind, message, frames)


def load_handler():
    text = os.environ["_HANDLER"]
    try:
        module_name, name = text.rsplit(".", 1)
    except ValueError as error:
        raise InitError("Runtime.MalformedHandlerName", "Bad handler '%s': %s" % (text, error))
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise InitError("Runtime.ImportModuleError", "Unable to import module '%s': %s" % (module_name, error))
    except SyntaxError as error:
        where = ['  File "%s" Line %s\n    %s' % (error.filename, error.lineno, (error.text or "").strip())]
        failure = InitError("Runtime.UserCodeSyntaxError", "Syntax error in module '%s': %s" % (module_name, error))
        failure.document["stackTrace"] = where
        raise failure
    try:
        return getattr(module, name)
    except AttributeError:
        raise InitError("Runtime.HandlerNotFound", "Handler '%s' missing on module '%s'" % (name, module_name))


def user_frames(trace):
    return [entry for entry in traceback.extract_tb(trace) if entry.filename != __file__ and "importlib" not in entry.filename]


def serve(handler):
    while True:
        response, payload = call("GET", "invocation/next")
        headers = response.headers
        current["id"] = headers["Lambda-Runtime-Aws-Request-Id"]
        os.environ["_X_AMZN_TRACE_ID"] = headers["Lambda-Runtime-Trace-Id"] or ""
        base = "invocation/%s/" % current["id"]
        try:
            result = handler(json.loads(payload), Context(headers))
            try:
                text = json.dumps(result, ensure_ascii=False)
            except (TypeError, ValueError) as error:
                sys.stdout.flush()
                fail(base + "error", error_document("Runtime.MarshalError", "Unable to marshal response: %s" % error, ()))
                continue
            sys.stdout.flush()
            call("POST", base + "response", text.encode("utf-8"), {"Content-Type": "application/json"})
        except Exception as error:
            sys.stdout.flush()
            kind, value, trace = sys.exc_info()
            fail(base + "error", error_document(kind.__name__, str(value), user_frames(trace)))
        current["id"] = None


def main():
    log = FunctionLogHandler()
    log.setFormatter(JsonFormatter() if JSON_LOGS else TextFormatter())
    logging.getLogger().addHandler(log)
    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL")
    if JSON_LOGS and level:
        logging.getLogger().setLevel({"TRACE": "DEBUG", "FATAL": "CRITICAL"}.get(level, level))
    try:
        handler = load_handler()
    except InitError as error:
        fail("init/error", error.document)
        sys.exit(1)
    except Exception:
        kind, value, trace = sys.exc_info()
        fail("init/error", error_document(kind.__name__, str(value), user_frames(trace)))
        sys.exit(1)
    serve(handler)


if __name__ == "__main__":
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    try:
        main()
    except (ConnectionError, http.client.HTTPException):
        # Nobody is there any more to work for.
        os._exit(1)
