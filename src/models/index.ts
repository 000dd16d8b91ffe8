export type { Binding } from "./bindings.ts";
export { generatedDir } from "./generated.ts";
export { type ErrorModel, errorNamed, type HttpModel, loadModel, type OperationModel, type ServiceModel } from "./model.ts";
export { type ProtocolName, type ServiceMeta, serviceMetas } from "./services.ts";
