// Runs inside each Node.js execution environment: loads the handler and speaks the Lambda Runtime API.
// Plain JavaScript with Node's own modules alone: what is loaded here delays every cold start.
import { existsSync, realpathSync, writeSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { createRequire, registerHooks, syncBuiltinESMExports } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { Writable } from "node:stream";
import { pathToFileURL } from "node:url";
import { format, inspect } from "node:util";

const env = process.env;
const [host, port] = env.AWS_LAMBDA_RUNTIME_API.split(":");
const taskRoot = env.LAMBDA_TASK_ROOT;
const logFd = Number(env._LAMBDA_TELEMETRY_LOG_FD);
const fallback = env._ORRERY_MODULES;
const json = env.AWS_LAMBDA_LOG_FORMAT === "JSON";
delete env._LAMBDA_TELEMETRY_LOG_FD;
delete env._ORRERY_MODULES;

const LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
const threshold = json ? Math.max(0, LEVELS.indexOf(env.AWS_LAMBDA_LOG_LEVEL ?? "TRACE")) : 0;
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
let current;

function frame(text) {
  const body = Buffer.from(text);
  const bytes = Buffer.allocUnsafe(4 + body.length);
  bytes.writeUInt32BE(body.length);
  body.copy(bytes, 4);
  for (let sent = 0; sent < bytes.length; ) {
    try {
      sent += writeSync(logFd, bytes, sent);
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
    }
  }
}

function jsonMessage(level, values) {
  const record = { timestamp: new Date().toISOString(), level, requestId: current?.requestId };
  const [only] = values;
  if (values.length === 1 && only instanceof Error) return { ...record, ...errorMembers(only) };
  const message = values.length === 1 && typeof only === "object" && only !== null ? only : format(...values);
  const failed = values.find((value) => value instanceof Error);
  return failed === undefined ? { ...record, message } : { ...record, message: format(...values), ...errorMembers(failed) };
}

function errorMembers(error) {
  return { errorType: error.constructor?.name ?? "UnknownError", errorMessage: error.message, stackTrace: stackOf(error).slice(1) };
}

function write(level, values) {
  if (LEVELS.indexOf(level) < threshold) return;
  if (!json) return frame(`${new Date().toISOString()}\t${current?.requestId}\t${level}\t${format(...values)}`);
  const record = jsonMessage(level, values);
  try {
    frame(JSON.stringify(record));
  } catch {
    frame(JSON.stringify({ ...record, message: format(...values) }));
  }
}

function patchConsole() {
  const levels = { log: "INFO", info: "INFO", trace: "TRACE", debug: "DEBUG", warn: "WARN", error: "ERROR", fatal: "FATAL" };
  for (const [name, level] of Object.entries(levels)) console[name] = (...values) => write(level, values);
}

function call(method, path, body, headers = {}) {
  return new Promise((done, failed) => {
    const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body), "content-type": "application/json" };
    const request = http.request(
      { host, port, agent, method, path: `/2018-06-01/runtime/${path}`, headers: { ...length, ...headers } },
      (response) => {
        const chunks = [];
        response.on("data", (chunk) => chunks.push(chunk));
        response.on("end", () => done({ headers: response.headers, body: Buffer.concat(chunks) }));
        response.on("error", failed);
      },
    );
    request.on("error", failed);
    request.setNoDelay(true);
    request.end(body);
  });
}

/** Nobody is there any more to work for. */
function gone() {
  process.exit(1);
}

function stackOf(error) {
  return typeof error?.stack === "string" ? error.stack.split("\n") : [];
}

/** As https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html shows it. */
function errorDocument(error) {
  if (error instanceof Error || (typeof error === "object" && error !== null && typeof error.message === "string")) {
    return { errorType: String(error.name ?? "Error"), errorMessage: String(error.message), trace: stackOf(error) };
  }
  return { errorType: typeof error, errorMessage: typeof error === "string" ? error : inspect(error), trace: [] };
}

function logError(title, error) {
  const { errorType, errorMessage } = errorDocument(error);
  if (json) return write("ERROR", [error instanceof Error ? error : `${title}: ${errorMessage}`]);
  const extra = typeof error === "object" && error !== null ? { ...error } : {};
  let text;
  try {
    text = JSON.stringify({ errorType, errorMessage, ...extra, stack: stackOf(error) });
  } catch {
    text = JSON.stringify({ errorType, errorMessage, stack: stackOf(error) });
  }
  write("ERROR", [`${title} \t${text}`]);
}

class RuntimeError extends Error {
  constructor(name, message) {
    super(message);
    this.name = `Runtime.${name}`;
  }
}

/** Modules that Lambda's own runtimes bring are found when the function's code brings no copy of them. */
function addFallback() {
  if (!fallback) return;
  const parentURL = pathToFileURL(join(fallback, "index.mjs")).href;
  const roots = [
    ...(env.NODE_PATH ?? "")
      .split(":")
      .filter(Boolean)
      .map((dir) => pathToFileURL(join(dirname(dir), "index.mjs")).href),
    parentURL,
  ];
  const own = pathToFileURL(`${realpathSync(taskRoot)}/`).href;
  const brought = roots.map((root) => new URL(".", root).href);
  // A package of the project that the server's files lie in: on AWS it would not be there either.
  const strays = (url, from) =>
    url.startsWith("file:") &&
    from?.startsWith(own) &&
    !url.startsWith(own) &&
    !brought.some((folder) => url.startsWith(folder)) &&
    !/\/node_modules\/@(aws-sdk|smithy)\//.test(url);
  registerHooks({
    resolve(specifier, context, next) {
      const bare = !/^[./]|^[a-z]+:/.test(specifier);
      // Kept, since Node.js writes what the next step is given into the context itself.
      const from = context.parentURL;
      let failure;
      try {
        const found = next(specifier, context);
        if (!bare || !strays(found.url, from)) return found;
        const code = context.conditions?.includes("require") ? "MODULE_NOT_FOUND" : "ERR_MODULE_NOT_FOUND";
        failure = Object.assign(new Error(`Cannot find package '${specifier}' imported from ${from}`), { code });
      } catch (error) {
        if (error.code !== "ERR_MODULE_NOT_FOUND" || !bare) throw error;
        failure = error;
      }
      for (const root of roots) {
        try {
          const found = next(specifier, { ...context, parentURL: root });
          // For require the parent stays the same, whatever is said here.
          if (!strays(found.url, from)) return found;
        } catch {
          // The next root may have it.
        }
      }
      throw failure;
    },
  });
}

/**
 * Code written for AWS answers a presigned URL with `https.request({hostname, path})`, which forgets scheme and port.
 * Requests to this very server, and to S3's public hosts, are sent where the server listens.
 */
function leadHome() {
  if (env.AWS_ENDPOINT_URL === undefined) return;
  const home = new URL(env.AWS_ENDPOINT_URL);
  const isS3 = /(^|\.)s3([.-][a-z0-9-]+)*\.amazonaws\.com$/;
  for (const name of ["request", "get"]) {
    const original = https[name];
    https[name] = (...values) => {
      const [first, second] = values;
      const isUrl = typeof first === "string" || first instanceof URL;
      const url = isUrl ? new URL(first) : undefined;
      const options = isUrl ? (typeof second === "object" ? second : {}) : first;
      const name1 = url?.hostname ?? options.hostname ?? options.host;
      const port1 = url?.port || options.port || 443;
      if (Number(port1) !== 443 || !(name1 === home.hostname || isS3.test(name1 ?? ""))) return original(...values);
      const path = options.path ?? (url === undefined ? "/" : url.pathname + url.search);
      const headers = isS3.test(name1) ? { ...options.headers, host: name1 } : options.headers;
      const { agent: _agent, protocol: _protocol, href: _href, ...rest } = options;
      const target = { ...rest, headers, path, hostname: home.hostname, host: home.hostname, port: home.port };
      return http[name](target, ...values.filter((value) => typeof value === "function"));
    };
  }
  syncBuiltinESMExports();
}

function findModule(path) {
  for (const end of ["", ".js", ".mjs", ".cjs"]) {
    if (end !== "" && existsSync(path + end)) return path + end;
  }
  try {
    return createRequire(join(taskRoot, "index.js")).resolve(path);
  } catch {
    throw new RuntimeError("ImportModuleError", `Error: Cannot find module '${basename(path)}'\nRequire stack:\n- /var/runtime/index.mjs`);
  }
}

async function importModule(file) {
  try {
    if (file.endsWith(".mjs")) return await import(pathToFileURL(file).href);
    try {
      return createRequire(file)(file);
    } catch (error) {
      if (error.code !== "ERR_REQUIRE_ASYNC_MODULE") throw error;
      return await import(pathToFileURL(file).href);
    }
  } catch (error) {
    if (error instanceof SyntaxError) throw named("UserCodeSyntaxError", error);
    if (error?.code === "MODULE_NOT_FOUND" || error?.code === "ERR_MODULE_NOT_FOUND") throw named("ImportModuleError", error);
    throw error;
  }
}

function named(name, error) {
  const wrapped = new RuntimeError(name, String(error));
  wrapped.stack = error.stack ?? wrapped.stack;
  return wrapped;
}

async function loadHandler() {
  const text = env._HANDLER;
  if (text.includes(".."))
    throw new RuntimeError(
      "MalformedHandlerName",
      `'${text}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`,
    );
  const [, file, name] = /^([^.]*)\.(.*)$/.exec(basename(text)) ?? [];
  if (file === undefined) throw new RuntimeError("MalformedHandlerName", "Bad handler");
  const root = text.slice(0, text.length - basename(text).length);
  const module = await importModule(findModule(resolve(taskRoot, root, file)));
  const handler = await name.split(".").reduce((nested, key) => nested?.[key] ?? nested?.default?.[key], module);
  if (!handler) throw new RuntimeError("HandlerNotFound", `${text} is undefined or not exported`);
  if (typeof handler !== "function") throw new RuntimeError("HandlerNotFound", `${text} is not a function`);
  return handler;
}

function contextOf(headers, finish) {
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  const parsed = (name) => (headers[name] ? JSON.parse(headers[name]) : undefined);
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: parsed("lambda-runtime-client-context"),
    identity: parsed("lambda-runtime-cognito-identity"),
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    getRemainingTimeInMillis: () => deadline - Date.now(),
    done: (error, result) => finish(error ?? undefined, result, error !== undefined && error !== null),
    fail: (error) => finish(error ?? "handled", undefined, true),
    succeed: (result) => finish(undefined, result, false),
  };
}

/** Resolves with what the handler answers in any of the ways that it may; rejects with its error. */
function run(handler, event, headers) {
  return new Promise((done, failed) => {
    let settled = false;
    const settle = (act) => {
      if (settled) return;
      settled = true;
      process.removeListener("beforeExit", onEmpty);
      act();
    };
    let answer = () => done(null);
    const onEmpty = () => settle(answer);
    const finish = (error, result, isError, now = true) => {
      answer = () => (isError ? failed(error) : done(result));
      if (now || isError || context.callbackWaitsForEmptyEventLoop === false) settle(answer);
    };
    const context = contextOf(headers, finish);
    current.fail = (error) => settle(() => failed(error));
    process.on("beforeExit", onEmpty);
    const callback = (error, result) => finish(error, result, error !== undefined && error !== null, false);
    const outcome = handler(event, context, callback);
    if (typeof outcome?.then === "function")
      outcome.then(
        (result) => finish(undefined, result, false),
        (error) => finish(error, undefined, true),
      );
  });
}

const STREAMING = Symbol("streaming");

/** https://docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html */
function offerStreaming() {
  globalThis.awslambda = {
    streamifyResponse: (handler) => Object.assign(handler, { [STREAMING]: true }),
    HttpResponseStream: {
      from: (stream, metadata) => {
        stream.setContentType("application/vnd.awslambda.http-integration-response");
        stream.write(JSON.stringify(metadata));
        stream.write(Buffer.alloc(8));
        return stream;
      },
    },
  };
}

/** The body of a response that is sent while it is written. */
function openStream(requestId) {
  let request;
  let contentType = "application/octet-stream";
  let accepted;
  const begin = () => {
    if (request !== undefined) return request;
    const path = `/2018-06-01/runtime/invocation/${requestId}/response`;
    const type = { "content-type": contentType, trailer: "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body" };
    const headers = { "lambda-runtime-function-response-mode": "streaming", "transfer-encoding": "chunked", ...type };
    accepted = new Promise((done, failed) => {
      request = http.request({ host, port, agent, method: "POST", path, headers }, (response) => response.resume().on("end", done));
      request.on("error", failed);
    });
    return request;
  };
  const stream = new Writable({
    write: (chunk, _encoding, done) => void begin().write(chunk, done),
    final: (done) => {
      begin().end();
      accepted.then(() => done(), done);
    },
  });
  stream.setContentType = (type) => {
    contentType = type;
  };
  const fail = async (document) => {
    const body = Buffer.from(JSON.stringify(document)).toString("base64");
    request.addTrailers({ "Lambda-Runtime-Function-Error-Type": document.errorType, "Lambda-Runtime-Function-Error-Body": body });
    request.end();
    await accepted;
  };
  return { stream, fail, hasBegun: () => request !== undefined };
}

async function answerStreaming(requestId, handler, next) {
  const { stream, fail, hasBegun } = openStream(requestId);
  const ended = new Promise((done, failed) => stream.on("finish", done).on("error", failed));
  ended.catch(() => undefined);
  try {
    const streaming = (event, context) => handler(event, stream, context);
    await run(streaming, JSON.parse(next.body.toString("utf8")), next.headers);
    if (!stream.writableEnded) stream.end();
    await ended;
  } catch (error) {
    if (!hasBegun()) throw error;
    logError("Invoke Error", error);
    await fail(errorDocument(error));
  }
}

async function answer(requestId, handler, next) {
  try {
    if (handler[STREAMING]) return await answerStreaming(requestId, handler, next);
    const event = JSON.parse(next.body.toString("utf8"));
    const result = await run(handler, event, next.headers);
    const text = JSON.stringify(result === undefined ? null : result);
    await call("POST", `invocation/${requestId}/response`, text ?? "null");
  } catch (error) {
    logError("Invoke Error", error);
    const document = errorDocument(error);
    await call("POST", `invocation/${requestId}/error`, JSON.stringify(document), {
      "lambda-runtime-function-error-type": document.errorType,
    });
  }
}

/** An error that nobody caught ends the process, after it has been reported for the invocation under way. */
async function die(title, error) {
  try {
    logError(title, error);
    const document = errorDocument(error);
    const path = current === undefined ? "init/error" : `invocation/${current.requestId}/error`;
    await call("POST", path, JSON.stringify(document), { "lambda-runtime-function-error-type": document.errorType });
  } finally {
    process.exit(129);
  }
}

patchConsole();
addFallback();
leadHome();
offerStreaming();
process.on("uncaughtException", (error) => void die("Uncaught Exception", error));
process.on("unhandledRejection", (reason) => {
  const error = new RuntimeError("UnhandledPromiseRejection", String(reason));
  if (reason instanceof Error) error.stack = `${error.name}: ${error.message}\n${stackOf(reason).slice(1).join("\n")}`;
  void die("Unhandled Promise Rejection", error);
});
process.title = "orrery-function";

let handler;
try {
  handler = await loadHandler();
} catch (error) {
  await die("Uncaught Exception", error);
}
for (;;) {
  current = undefined;
  const next = await call("GET", "invocation/next").catch(gone);
  const requestId = next.headers["lambda-runtime-aws-request-id"];
  current = { requestId };
  env._X_AMZN_TRACE_ID = next.headers["lambda-runtime-trace-id"] ?? "";
  await answer(requestId, handler, next).catch(gone);
}
