/** Operations that answer 501. */
export const notImplemented = [
  "ConnectCustomKeyStore",
  "CreateCustomKeyStore",
  "Decapsulate",
  "DeleteCustomKeyStore",
  "DeleteImportedKeyMaterial",
  "DescribeCustomKeyStores",
  "DisconnectCustomKeyStore",
  "Encapsulate",
  "GetKeyLastUsage",
  "GetParametersForImport",
  "ImportKeyMaterial",
  "ReplicateKey",
  "UpdateCustomKeyStore",
  "UpdatePrimaryRegion",
] as const;
