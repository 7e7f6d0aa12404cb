using Microsoft.Extensions.Logging;

namespace Gateway.Broker;

/// <summary>Everything the broker logs. Ids are shortened; no identifiers, names, keys or payloads.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "The broker of {Network} serves on {Address}; the log has {Size} leaves.")]
    public static partial void Serving(ILogger log, string network, string address, ulong size);

    [LoggerMessage(2, LogLevel.Information, "The broker stops; what was accepted is committed.")]
    public static partial void Stopping(ILogger log);

    [LoggerMessage(10, LogLevel.Debug, "Committed {Leaves} leaves; the log has {Size}.")]
    public static partial void BatchCommitted(ILogger log, int leaves, ulong size);

    [LoggerMessage(11, LogLevel.Error, "A batch of {Leaves} leaves could not be committed; nothing of it has happened.")]
    public static partial void BatchFailed(ILogger log, Exception error, int leaves);

    [LoggerMessage(12, LogLevel.Error, "{Leaves} leaves were committed, but their receipts could not be made.")]
    public static partial void ReceiptsFailed(ILogger log, Exception error, int leaves);

    [LoggerMessage(20, LogLevel.Information, "The log's day is {Day}.")]
    public static partial void NewDay(ILogger log, string day);

    [LoggerMessage(21, LogLevel.Warning, "The clock says {Clock}, before the log's day {Day}: check the clock. The log's day stays.")]
    public static partial void ClockBehind(ILogger log, string clock, string day);

    [LoggerMessage(22, LogLevel.Information, "Deleted the items of {Count} expired records.")]
    public static partial void ItemsDeleted(ILogger log, int count);

    [LoggerMessage(23, LogLevel.Error, "The daily work could not be done; it is tried again soon.")]
    public static partial void DailyWorkFailed(ILogger log, Exception error);

    [LoggerMessage(24, LogLevel.Error, "The usage of quotas could not be written; it is kept and tried again.")]
    public static partial void UsageNotWritten(ILogger log, Exception error);

    [LoggerMessage(25, LogLevel.Information, "The broker's certificate was renewed; it holds until {NotAfter}.")]
    public static partial void CertificateRenewed(ILogger log, DateTimeOffset notAfter);

    [LoggerMessage(26, LogLevel.Error, "The broker's certificate could not be renewed; it holds until {NotAfter}.")]
    public static partial void CertificateNotRenewed(ILogger log, Exception error, DateTimeOffset notAfter);

    [LoggerMessage(27, LogLevel.Warning, "Member {Member} has used {Used} of '{Quota}' today, against a median of {Median} a day.")]
    public static partial void UnusualUse(ILogger log, string member, string quota, long used, long median);

    [LoggerMessage(28, LogLevel.Information, "Destroyed {Count} shares that the log has left behind.")]
    public static partial void SharesDestroyed(ILogger log, int count);

    [LoggerMessage(29, LogLevel.Information, "Destroyed the seed of the OPRF keys: the broker holds a share of them from now on.")]
    public static partial void SeedDestroyed(ILogger log);

    [LoggerMessage(30, LogLevel.Information, "Refused {Method} with {Code} ({Which}).")]
    public static partial void Refused(ILogger log, string method, string code, string which);

    [LoggerMessage(31, LogLevel.Error, "{Method} failed; reference {Reference}.")]
    public static partial void Failed(ILogger log, Exception error, string method, string reference);

    [LoggerMessage(32, LogLevel.Critical, "{Method} met a damaged store.")]
    public static partial void StoreDamaged(ILogger log, Exception error, string method);

    [LoggerMessage(40, LogLevel.Information, "Member {Member} has joined.")]
    public static partial void MemberJoined(ILogger log, string member);

    [LoggerMessage(41, LogLevel.Information, "Circle {Circle} is at epoch {Epoch}.")]
    public static partial void EpochBegun(ILogger log, string circle, uint epoch);

    [LoggerMessage(42, LogLevel.Information, "Member {Member} has left.")]
    public static partial void MemberLeft(ILogger log, string member);

    [LoggerMessage(60, LogLevel.Warning, "The certificate authorities in force are now {Fingerprints}")]
    public static partial void AuthoritiesChanged(ILogger logger, string fingerprints);

    [LoggerMessage(61, LogLevel.Warning, "List of denied certificates number {Number} issued: {Certificates} certificates, {Members} members")]
    public static partial void DenyListIssued(ILogger logger, ulong number, int certificates, int members);

    [LoggerMessage(44, LogLevel.Information, "Operator {Operator} admitted evaluator {Evaluator}.")]
    public static partial void EvaluatorAdmitted(ILogger log, string @operator, string evaluator);

    [LoggerMessage(45, LogLevel.Information, "The OPRF keys are shared out anew with evaluator {Evaluator}.")]
    public static partial void SharesInForce(ILogger log, string evaluator);

    [LoggerMessage(46, LogLevel.Information, "A new share of the OPRF keys of version {Version} is held and was accepted.")]
    public static partial void ShareAccepted(ILogger log, uint version);

    [LoggerMessage(47, LogLevel.Warning, "The evaluator's work of {Work} failed and is tried again: {What}")]
    public static partial void EvaluatorWorkFailed(ILogger log, string work, string what);

    [LoggerMessage(50, LogLevel.Information, "Operator {Operator} proposed change {Id}: {Kind}.")]
    public static partial void ChangeProposed(ILogger log, string @operator, ulong id, Gateway.Protocol.V1.Change.KindOneofCase kind);

    [LoggerMessage(51, LogLevel.Information, "Operator {Operator} approved change {Id}: {Kind}.")]
    public static partial void ChangeApproved(ILogger log, string @operator, ulong id, Gateway.Protocol.V1.Change.KindOneofCase kind);

    [LoggerMessage(62, LogLevel.Warning, "A connection that showed a denied certificate was cut")]
    public static partial void DeniedCut(ILogger logger);

    [LoggerMessage(63, LogLevel.Warning, "A connection was cut: {Frames} HTTP/2 control frames more than any client needs")]
    public static partial void FloodCut(ILogger logger, long frames);

    [LoggerMessage(64, LogLevel.Error, "The new certificate authorities could not be written to the folder; it is tried again")]
    public static partial void AuthoritiesNotWritten(ILogger logger, Exception error);

    [LoggerMessage(65, LogLevel.Warning, "Operator {Operator} denied a certificate of {Name}")]
    public static partial void CertificateDenied(ILogger logger, string @operator, string name);

    [LoggerMessage(52, LogLevel.Information, "Operator {Operator} rejected change {Id}: {Kind}.")]
    public static partial void ChangeRejected(ILogger log, string @operator, ulong id, Gateway.Protocol.V1.Change.KindOneofCase kind);

    [LoggerMessage(70, LogLevel.Information, "{Count} records were withdrawn: the disputes about them were not decided in time.")]
    public static partial void DisputesOverdue(ILogger log, int count);

    [LoggerMessage(71, LogLevel.Error, "The intake of objections failed.")]
    public static partial void IntakeFailed(ILogger log, Exception error);
    [LoggerMessage(54, LogLevel.Critical, "Member {Member} holds a checkpoint of size {Size} that this log's key has signed and this store does not have: the store was replaced by an older one, or the key signs elsewhere. Nothing is appended any more; restore the newest store and start again")]
    public static partial void ForeignCheckpoint(ILogger log, string member, ulong size);

    [LoggerMessage(55, LogLevel.Warning, "Members' cosignatures could not be written and are written again later: {What}")]
    public static partial void CosignaturesNotWritten(ILogger log, string what);

    [LoggerMessage(53, LogLevel.Error, "A refusal could not be written to the audit chain.")]
    public static partial void AuditNotWritten(ILogger log, Exception error);

    [LoggerMessage(70, LogLevel.Warning, "What other brokers wrote into the store could not be taken up; it is tried again.")]
    public static partial void OthersNotFollowed(ILogger log, Exception error);

    [LoggerMessage(90, LogLevel.Information, "{Count} sealed messages of cases expired: nobody fetched them")]
    public static partial void CaseMessagesExpired(ILogger logger, int count);

    [LoggerMessage(80, LogLevel.Error, "Member {Member} acknowledged leaf {Size} with a root that this log of {Head} leaves does not have")]
    public static partial void AcknowledgementOfAnotherLog(ILogger log, string member, ulong size, ulong head);

    [LoggerMessage(81, LogLevel.Error, "Live digests of circle {Circle} differ at leaf {Size}: {Expected} members state one, {Others} another")]
    public static partial void DigestsDiffer(ILogger log, string circle, ulong size, int expected, int others);

    [LoggerMessage(90, LogLevel.Warning, "The store was put back from a backup and has {Size} leaves: nothing is appended until most members have shown that they hold nothing newer. If they cannot be heard, delete the file 'restored' and start again")]
    public static partial void StoreHeld(ILogger log, ulong size);

    [LoggerMessage(91, LogLevel.Information, "{Agreed} of {Active} members hold nothing newer than the restored store: the log goes on")]
    public static partial void StoreReleased(ILogger log, int agreed, int active);

    [LoggerMessage(82, LogLevel.Warning, "Record {Record} was reported as misbound: {Check}")]
    public static partial void MisboundReported(ILogger log, string record, Gateway.Protocol.V1.MisbindCheck check);
}
