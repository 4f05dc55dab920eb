import assert from "node:assert/strict";
import { configKey, OPTION_GROUPS, OPTION_NAMES, OPTIONS } from "./config.ts";
import { environmentName, flagName } from "./config/flags.ts";

/** The options of Orthanc 1.13 without plugins; the last of the 146 has two names. */
const ORTHANC_NAMES = `
  AcceptedSopClasses AcceptedTransferSyntaxes AuthenticationEnabled
  BuiltinDecoderTranscoderOrder CaseSensitivePN CheckRevisions ConcurrentJobs
  DatabaseServerIdentifier DefaultEncoding DefaultPrivateCreator DeflatedTransferSyntaxAccepted
  DeidentifyLogs DeidentifyLogsDicomVersion DicomAet DicomAlwaysAllowEcho DicomAlwaysAllowFind
  DicomAlwaysAllowFindWorklist DicomAlwaysAllowGet DicomAlwaysAllowMove DicomAlwaysAllowStore
  DicomAssociationCloseDelay DicomCheckCalledAet DicomCheckModalityHost
  DicomDefaultRetrieveMethod DicomEchoChecksFind DicomLossyTranscodingQuality DicomModalities
  DicomModalitiesInDatabase DicomParserCacheSize DicomParserMemoryCapacity
  DicomParserThreadsCount DicomPort DicomScpTimeout DicomScuPreferredTransferSyntax
  DicomScuTimeout DicomServerEnabled DicomThreadsCount DicomTlsCertificate
  DicomTlsCiphersAccepted DicomTlsEnabled DicomTlsMinimumProtocolVersion DicomTlsPrivateKey
  DicomTlsRemoteCertificateRequired DicomTlsTrustedCertificates Dictionary ExecuteLuaEnabled
  ExternalDictionaries ExtraMainDicomTags H265TransferSyntaxAccepted HttpBindAddresses
  HttpCompressionEnabled HttpDescribeErrors HttpPort HttpProxy HttpRequestTimeout
  HttpServerEnabled HttpThreadsCount HttpTimeout HttpVerbose HttpsCACertificates
  HttpsVerifyPeers IndexDirectory IngestTranscoding IngestTranscodingOfCompressed
  IngestTranscodingOfUncompressed JobsEngineThreadsCount JobsHistorySize
  Jpeg2000TransferSyntaxAccepted JpegLosslessTransferSyntaxAccepted JpegTransferSyntaxAccepted
  JpipTransferSyntaxAccepted KeepAlive KeepAliveTimeout LimitFindInstances LimitFindResults
  LoadPrivateDictionary LoaderThreads Locale LogExportedResources LuaHeartBeatPeriod LuaScripts
  MallocArenaMax MaximumConcurrentDcmtkTranscoders MaximumFileSizeInArchiveMB
  MaximumPatientCount MaximumPduLength MaximumRequestBodySizeMB MaximumStorageCacheSize
  MaximumStorageMode MaximumStorageSize MediaArchiveSize MetricsEnabled
  Mpeg2TransferSyntaxAccepted Mpeg4TransferSyntaxAccepted Name OrthancExplorerEnabled
  OrthancPeers OrthancPeersInDatabase OverwriteInstances PatientLevelEnabled Pkcs11 Plugins
  QueryRetrieveSize ReadOnly RegisteredUsers RejectedSopClasses RemoteAccessAllowed
  RestApiWriteToFileSystemEnabled RleTransferSyntaxAccepted SaveJobs
  SequentialDicomReaderThreadsCount SequentialDicomReaderWindowCapacity
  SequentialDicomReaderWindowSize SslCertificate SslCiphersAccepted SslEnabled
  SslMinimumProtocolVersion SslTrustedClientCertificates SslVerifyPeers StableAge
  StorageAccessOnFind StorageCommitmentReportsSize StorageCompression StorageDirectory
  StorageLoaderThreadsCount StorageMemoryCapacity StoreDicom StoreMD5ForAttachments
  StrictAetComparison SyncStorageArea SynchronousCMove SynchronousZipStream TcpNoDelay
  TemporaryDirectory TranscodeDicomProtocol TranscoderCacheSize TranscoderMemoryCapacity
  TranscoderThreadsCount UnknownSopClassAccepted UserContentType UserMetadata Warnings
  WebDavDeleteAllowed WebDavEnabled WebDavUploadAllowed ZipLoaderThreads ZipUseUtf8
`.trim().split(/\s+/);

Deno.test("OPTIONS has every option of Orthanc", () => {
  assert.equal(ORTHANC_NAMES.length, 147);
  assert.deepEqual(ORTHANC_NAMES.filter((name) => !(name in OPTIONS)), []);
});

Deno.test("OPTIONS marks as our own what Orthanc lacks", () => {
  const sections = Object.keys(OPTION_GROUPS["Sections of Orthanc's plugins"]!);
  const known = new Set([...ORTHANC_NAMES, ...sections]);
  for (const name of OPTION_NAMES) {
    assert.equal(OPTIONS[name].own === true, !known.has(name), name);
  }
});

Deno.test("OPTION_GROUPS holds each option once", () => {
  const grouped = Object.values(OPTION_GROUPS).flatMap((options) => Object.keys(options));
  assert.deepEqual(grouped.sort(), [...OPTION_NAMES].sort());
});

for (const name of OPTION_NAMES) {
  Deno.test(`OPTIONS.${name} is complete`, () => {
    const option = OPTIONS[name];
    assert.match(option.description, /^\S.{3,}[^.]$/);
    assert.match(option.schema.description ?? "", /\S/);
    assert.ok(option.schema.safeParse(option.default).success, "the default satisfies the schema");
    const needsReason = ["refused", "unneeded", "partly"].includes(option.state);
    assert.equal(option.reason !== undefined, needsReason, "a reason where one is shown");
    const { defaultFrom } = option;
    if (defaultFrom !== undefined) {
      assert.deepEqual(OPTIONS[defaultFrom as typeof name].default, option.default);
    }
  });
}

Deno.test("each option has a flag, a variable and a key of its own", () => {
  for (const derive of [flagName, environmentName, configKey] as ((name: string) => string)[]) {
    assert.equal(new Set(OPTION_NAMES.map(derive)).size, OPTION_NAMES.length);
  }
});

Deno.test("configKey() makes the first letter small", () => {
  assert.equal(configKey("HttpPort"), "httpPort");
  assert.equal(configKey("StoreMD5ForAttachments"), "storeMD5ForAttachments");
});
