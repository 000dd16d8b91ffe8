"""The other end of the round trips with botocore, AWS's own Python client.

`make`: for each service and protocol that is named on standard input as JSON lines {"id", "folder", "protocols"}, writes one
JSON line per operation: the request that botocore's serializer makes of synthetic parameters, and the parameters.
`parse`: reads JSON lines {"folder", "operation", "protocol", "status", "headers", "body"} and writes, line by line, what
botocore's parser makes of each response, cut to what its model knows.
"""
import base64
import datetime
import io
import json
import sys
import warnings
from urllib.parse import urlencode

warnings.filterwarnings("ignore")
import botocore.parsers  # noqa: E402
import botocore.serialize  # noqa: E402
import botocore.session  # noqa: E402
from botocore.awsrequest import HeadersDict  # noqa: E402
from botocore.exceptions import ParamValidationError  # noqa: E402

SESSION = botocore.session.get_session()
DEEPEST = 3


class Synthetic:
    """Parameters with every character that encodings trip over."""

    def __init__(self):
        self.sequence = 0

    def make(self, shape, depth=0, location=None):
        self.sequence += 1
        kind = shape.type_name
        if kind == "structure":
            return self.structure(shape, depth)
        if kind == "list":
            items = [self.make(shape.member, depth + 1, location) for _ in range(2)]
            return [item for item in items if item not in (None, {})] or None
        if kind == "map":
            value = self.make(shape.value, depth + 1, location)
            return None if value in (None, {}) else {"k1": value}
        return self.simple(shape, kind, location)

    def structure(self, shape, depth):
        if getattr(shape, "is_document_type", False):
            return {"a": [1, "x"]}
        members = list(shape.members.items())
        if getattr(shape, "is_tagged_union", False):
            if depth > DEEPEST + 1:
                return None
            name, member = members[self.sequence % len(members)]
            value = self.make(member, depth + 1)
            return None if value is None else {name: value}
        values = {}
        for name, member in members:
            if member.serialization.get("eventstream"):
                return None
            if depth > DEEPEST and member.type_name in ("structure", "list", "map"):
                continue
            value = self.make(member, depth + 1, member.serialization.get("location"))
            if value not in (None, {}):
                values[name] = value
        return values

    def simple(self, shape, kind, location):
        if kind == "blob":
            return b"\x01\x02\xfa\x00"
        if kind == "timestamp":
            return datetime.datetime.fromtimestamp(1700000000 + self.sequence % 1000, datetime.timezone.utc)
        if kind == "boolean":
            return self.sequence % 2 == 0
        if kind in ("integer", "long", "float", "double", "short", "byte"):
            return self.sequence % 97 + 1
        if shape.serialization.get("jsonvalue"):
            return {"j": "é"}
        if shape.name in ("MaxItems", "MaxResults", "PartNumberMarker", "NextPartNumberMarker", "MaxParts"):
            return str(self.sequence % 97 + 1)
        if location in ("header", "headers"):
            return "h v%d" % self.sequence
        return "s<b>&\"' é+%%= %d" % self.sequence


def plain(value):
    """The value in JSON, with dates and bytes marked."""
    if isinstance(value, datetime.datetime):
        return {"$time": value.timestamp()}
    if isinstance(value, (bytes, bytearray)):
        return {"$bytes": bytes(value).hex()}
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def make():
    for line in sys.stdin:
        wanted = json.loads(line)
        model = SESSION.get_service_model(wanted["folder"])
        for protocol in wanted["protocols"]:
            if not speaks(model, protocol):
                continue
            serializer = botocore.serialize.create_serializer(protocol, False)
            for name in model.operation_names:
                request = request_of(serializer, model.operation_model(name), wanted["id"])
                if request is not None:
                    print(json.dumps({"id": wanted["id"], "operation": name, "protocol": protocol, **request}))


def speaks(model, protocol):
    return protocol == model.resolved_protocol or protocol in model.metadata.get("protocols", [])


def request_of(serializer, operation, service):
    values = Synthetic().make(operation.input_shape) if operation.input_shape else {}
    if values is None:
        return None
    if service == "s3" and "Bucket" in values:
        values["Bucket"] = "bucket"
    try:
        sent = serializer.serialize_to_request(values, operation)
    except ParamValidationError:
        return None  # a member that is part of the host name takes no nasty characters
    body, query = sent["body"], sent["query_string"]
    if isinstance(body, dict):
        body = urlencode(body)
    if isinstance(body, str):
        body = body.encode()
    return {
        "method": sent["method"],
        "path": sent["url_path"],
        "query": query if isinstance(query, str) else urlencode(query, doseq=True),
        "headers": {key.lower(): str(value) for key, value in sent["headers"].items()},
        "body": base64.b64encode(body or b"").decode(),
        "values": plain(values),
    }


def parse():
    models = {}
    for line in sys.stdin:
        wanted = json.loads(line)
        folder = wanted["folder"]
        model = models.setdefault(folder, SESSION.get_service_model(folder))
        if wanted["operation"] not in model.operation_names or not speaks(model, wanted["protocol"]):
            print(json.dumps({"unknown": True}))
            continue
        operation = model.operation_model(wanted["operation"])
        if operation.output_shape is None:
            print(json.dumps({"unknown": True}))
            continue
        body = base64.b64decode(wanted["body"])
        response = {
            "headers": HeadersDict(wanted["headers"]),
            "body": io.BytesIO(body) if operation.has_streaming_output else body,
            "status_code": wanted["status"],
            "context": {"operation_name": operation.name},
        }
        try:
            parsed = botocore.parsers.create_parser(wanted["protocol"]).parse(response, operation.output_shape)
        except Exception as error:  # whatever it is, the test shows it
            print(json.dumps({"error": "%s %s" % (type(error).__name__, str(error)[:200])}))
            continue
        parsed.pop("ResponseMetadata", None)
        got = {key: value.read() if hasattr(value, "read") else value for key, value in parsed.items()}
        print(json.dumps({"got": plain(got), "expected": known(wanted["expected"], operation.output_shape)}))


def known(value, shape):
    """Only what botocore's model has; numbers that it calls strings, as strings."""
    if shape is None or value is None:
        return value
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        if getattr(shape, "is_document_type", False):
            return value
        return {key: known(item, shape.members[key]) for key, item in value.items() if key in shape.members}
    if kind == "list" and isinstance(value, list):
        return [known(item, shape.member) for item in value]
    if kind == "map" and isinstance(value, dict):
        return {key: known(item, shape.value) for key, item in value.items()}
    if kind == "string" and isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return value


make() if sys.argv[1] == "make" else parse()
