import type { Annotation, SegmentDocument } from "../segments/document.ts";
import type { Segment, TraceModel } from "../trace/model.ts";
import { outcomeOf } from "../trace/outcome.ts";
import { partsOf, type RootCause, type RootCauseKind, type RootCauseService, rootCausesOf } from "../trace/root-causes.ts";
import type { CausePart, Expression, Keyword, Literal, Operator, Selector } from "./parser.ts";

/** The values that a keyword has for what is looked at; none where it is not set. */
type Subject = (keyword: Keyword) => readonly (Annotation | undefined)[];

export interface FilterScope {
  readonly account: string;
  /** A group's filter; undefined for one that does not exist. */
  readonly group: (by: "name" | "arn", value: string) => Expression | undefined;
}

/** Whether a trace is what the expression asks for. */
export function matches(expression: Expression, trace: TraceModel, scope: FilterScope): boolean {
  return evaluate(expression, traceSubject(trace), { trace, scope, causes: undefined, depth: 0 });
}

interface Evaluation {
  readonly trace: TraceModel;
  readonly scope: FilterScope;
  causes: Readonly<Record<RootCauseKind, RootCause[]>> | undefined;
  /** Groups in groups. */
  readonly depth: number;
}

function evaluate(expression: Expression, subject: Subject, on: Evaluation): boolean {
  switch (expression.kind) {
    case "and":
      return expression.parts.every((part) => evaluate(part, subject, on));
    case "or":
      return expression.parts.some((part) => evaluate(part, subject, on));
    case "not":
      return !evaluate(expression.part, subject, on);
    case "is":
      return subject(expression.keyword).some((value) => value !== undefined && value !== false);
    case "compare":
      return subject(expression.keyword).some((value) => compare(value, expression.operator, expression.value));
    case "service":
      return on.trace.segments.some(
        (segment) => selects(expression.selector, segment, on) && holds(expression.filter, segmentSubject(segment, on.trace), on),
      );
    case "edge":
      return on.trace.segments.some((segment) => isEdge(expression, segment, on));
    case "group": {
      const filter = on.depth > 5 ? undefined : on.scope.group(expression.by, expression.value);
      return filter !== undefined && evaluate(filter, traceSubject(on.trace), { ...on, depth: on.depth + 1 });
    }
    case "cause":
      return causesOf(on)[expression.of].some((cause) =>
        elementsOf(cause, expression.what).some((element) => holds(expression.filter, element, on)),
      );
    case "json":
      return Object.values(causesOf(on)).some((causes) => causes.some((cause) => contains(cause, expression.value)));
  }
}

function holds(filter: Expression | undefined, subject: Subject, on: Evaluation): boolean {
  return filter === undefined || evaluate(filter, subject, on);
}

function causesOf(on: Evaluation): Readonly<Record<RootCauseKind, RootCause[]>> {
  on.causes ??= rootCausesOf(on.trace, on.scope.account);
  return on.causes;
}

function selects({ name, type, account }: Selector, { service }: Segment, { scope }: Evaluation): boolean {
  return (
    (name === undefined || service.name === name) &&
    (type === undefined || service.type === type) &&
    (account === undefined || account === scope.account)
  );
}

function isEdge(expression: Expression & { kind: "edge" }, segment: Segment, on: Evaluation): boolean {
  const { caller } = segment;
  if (caller === undefined) return false;
  if (!selects(expression.from, caller.segment, on) || !selects(expression.to, segment, on)) return false;
  const source = segmentSubject(caller.segment, on.trace);
  const destination = segmentSubject(segment, on.trace);
  // What the caller saw of the call.
  const seen = documentSubject(caller.via === caller.segment.document ? segment.document : caller.via);
  const subject: Subject = (keyword) => {
    if (keyword.side !== undefined) return keyword.side === "source" ? source(keyword) : destination(keyword);
    const values = seen(keyword);
    return values.some((value) => value !== undefined) ? values : destination(keyword);
  };
  return holds(expression.filter, subject, on);
}

function compare(value: Annotation | undefined, operator: Operator, wanted: Literal): boolean {
  if (value === undefined || typeof value !== typeof wanted) return false;
  switch (operator) {
    case "=":
      return value === wanted;
    case "!=":
      return value !== wanted;
    case "<":
      return value < wanted;
    case "<=":
      return value <= wanted;
    case ">":
      return value > wanted;
    case ">=":
      return value >= wanted;
    case "CONTAINS":
      return String(value).includes(String(wanted));
    case "BEGINSWITH":
      return String(value).startsWith(String(wanted));
    case "ENDSWITH":
      return String(value).endsWith(String(wanted));
  }
}

/** A trace is judged by its root, and searched for users, annotations, instances and resources everywhere. */
function traceSubject(trace: TraceModel): Subject {
  const root = trace.root === undefined ? () => [] : documentSubject(trace.root.document);
  const everywhere = (read: (document: SegmentDocument) => Annotation | undefined) => trace.segments.map(({ document }) => read(document));
  return (keyword) => {
    switch (keyword.name) {
      case "duration":
        return [trace.end - trace.start];
      case "partial":
        return [trace.partial];
      case "inferred":
        return [trace.segments.some(({ document }) => document.inferred === true)];
      case "user":
        return everywhere(({ user }) => user);
      case "instance.id":
        return everywhere(({ aws }) => aws?.ec2?.instance_id);
      case "availabilityzone":
        return everywhere(({ aws }) => aws?.ec2?.availability_zone);
      case "resource.arn":
        return everywhere(({ resource_arn: arn }) => arn);
      case "annotation":
        return trace.segments.flatMap((segment) => annotationsOf(segment, keyword));
      case "name":
        return trace.segments.map(({ service }) => service.name);
      case "type":
        return trace.segments.map(({ service }) => service.type);
      default:
        return root(keyword);
    }
  };
}

function segmentSubject(segment: Segment, trace: TraceModel): Subject {
  const own = documentSubject(segment.document);
  return (keyword) => {
    switch (keyword.name) {
      case "name":
        return [segment.service.name];
      case "type":
        return [segment.service.type];
      case "root":
        return [segment === trace.root];
      case "annotation":
        return annotationsOf(segment, keyword);
      default:
        return own(keyword);
    }
  };
}

function annotationsOf(segment: Segment, { key = "" }: Keyword): (Annotation | undefined)[] {
  return partsOf(segment).map(({ annotations }) =>
    annotations !== undefined && Object.hasOwn(annotations, key) ? annotations[key] : undefined,
  );
}

function documentSubject(document: SegmentDocument): Subject {
  const outcome = outcomeOf(document);
  const { request, response } = document.http ?? {};
  const values: Readonly<Record<string, Annotation | undefined>> = {
    ok: outcome.ok,
    error: outcome.error,
    throttle: outcome.throttle,
    fault: outcome.fault,
    partial: document.end_time === undefined,
    inferred: document.inferred === true,
    remote: document.namespace !== undefined,
    responsetime: outcome.duration,
    duration: outcome.duration,
    "http.status": response?.status,
    "http.url": request?.url,
    "http.method": request?.method,
    "http.useragent": request?.user_agent,
    "http.clientip": request?.client_ip,
    user: document.user,
    name: document.name,
    "instance.id": document.aws?.ec2?.instance_id,
    availabilityzone: document.aws?.ec2?.availability_zone,
    "resource.arn": document.resource_arn,
    "account.id": document.aws?.account_id,
  };
  return ({ name }) => [values[name]];
}

/** The services, entities or exceptions of a root cause, each with its place in the list. */
function elementsOf(cause: RootCause, what: CausePart): Subject[] {
  const services = cause.Services;
  if (what === "service") return listed(services.map((service) => serviceValues(service)));
  const entities = services.flatMap(({ EntityPath }) => EntityPath);
  if (what === "entity") {
    return listed(entities.map(({ Name, Remote, Coverage }) => ({ name: Name, remote: Remote, coverage: Coverage })));
  }
  return listed(entities.flatMap(({ Exceptions = [] }) => Exceptions.map(({ Name, Message }) => ({ name: Name, message: Message }))));
}

function serviceValues({ Name, Type, Inferred, AccountId }: RootCauseService): Record<string, Annotation | undefined> {
  return { name: Name, type: Type, inferred: Inferred, "account.id": AccountId };
}

function listed(elements: readonly Record<string, Annotation | undefined>[]): Subject[] {
  return elements.map((element, index) => {
    const values: Record<string, Annotation | undefined> = { ...element, index, first: index === 0, last: index === elements.length - 1 };
    return ({ name }) => [values[name]];
  });
}

/** Every field of `wanted` is there and the same; lists are of the same length. xray-api-gettingdata.html#xray-api-analytics */
function contains(actual: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return Array.isArray(actual) && actual.length === wanted.length && wanted.every((entry, index) => contains(actual[index], entry));
  }
  if (typeof wanted === "object" && wanted !== null) {
    const fields = actual as Readonly<Record<string, unknown>> | undefined;
    return typeof fields === "object" && Object.entries(wanted).every(([key, value]) => contains(fields[key], value));
  }
  return actual === wanted;
}
