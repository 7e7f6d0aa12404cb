using Microsoft.Extensions.Logging;

namespace Gateway.Node;

/// <summary>Everything a node logs. No identifiers, names, keys or payloads; ids shortened to 8 digits.</summary>
internal static partial class NodeEvents
{
    [LoggerMessage(1, LogLevel.Information, "Node of {Member} in {Network} runs; log size {Size}, {Known} identifiers known")]
    public static partial void Started(ILogger logger, string member, string network, ulong size, int known);

    [LoggerMessage(2, LogLevel.Debug, "Batch of {Leaves} leaves applied up to {Size}; {Records} records of this member's circles")]
    public static partial void BatchApplied(ILogger logger, int leaves, ulong size, int records);

    [LoggerMessage(3, LogLevel.Error, "ALARM {Code}: {What} ({Which})")]
    public static partial void AlarmRaised(ILogger logger, string code, string what, string which);

    [LoggerMessage(4, LogLevel.Warning, "Evaluation of {Count} identifiers failed with {Code} and is tried again: {What}")]
    public static partial void EvaluationFailed(ILogger logger, string code, string what, int count);

    [LoggerMessage(5, LogLevel.Warning, "The broker is away: {What}")]
    public static partial void BrokerAway(ILogger logger, string what);

    [LoggerMessage(6, LogLevel.Information, "The broker is there; following from leaf {From}")]
    public static partial void BrokerReached(ILogger logger, ulong from);

    [LoggerMessage(7, LogLevel.Warning, "The store cannot be written: {What}")]
    public static partial void StoreUnavailable(ILogger logger, string what);

    [LoggerMessage(8, LogLevel.Information, "Key epoch {Epoch} of circle {Circle} proposed")]
    public static partial void EpochProposed(ILogger logger, uint epoch, string circle);

    [LoggerMessage(9, LogLevel.Information, "Key epoch {Epoch} of circle {Circle} countersigned")]
    public static partial void EpochCountersigned(ILogger logger, uint epoch, string circle);

    [LoggerMessage(14, LogLevel.Information, "Older epochs of circle {Circle} were granted: the log is read again from leaf {From} to {To}")]
    public static partial void BackfillBegun(ILogger logger, string circle, ulong from, ulong to);

    [LoggerMessage(10, LogLevel.Warning, "Background work of {Work} failed and is tried again: {What}")]
    public static partial void WorkFailed(ILogger logger, string work, string what);

    [LoggerMessage(11, LogLevel.Information, "Certificate renewed; it ends {NotAfter}")]
    public static partial void CertificateRenewed(ILogger logger, DateTimeOffset notAfter);

    [LoggerMessage(30, LogLevel.Information, "Over: {Code} ({Which})")]
    public static partial void AlarmOver(ILogger logger, string code, string which);

    [LoggerMessage(31, LogLevel.Information, "Gossip with other nodes listens on {Address}")]
    public static partial void GossipListens(ILogger logger, string address);

    [LoggerMessage(32, LogLevel.Warning, "Gossip with {Peer} failed: {What}")]
    public static partial void GossipFailed(ILogger logger, string peer, string what);

    [LoggerMessage(33, LogLevel.Debug, "Cosignatures were not exchanged: {What}")]
    public static partial void CosignaturesNotExchanged(ILogger logger, string what);

    [LoggerMessage(40, LogLevel.Debug, "Deletions up to leaf {Size} acknowledged for {Circles} circles")]
    public static partial void Acknowledged(ILogger logger, ulong size, int circles);

    [LoggerMessage(60, LogLevel.Debug, "Changes of other replicas taken up to {Change}; log size {Size}")]
    public static partial void ChangesTaken(ILogger logger, long change, ulong size);

    [LoggerMessage(61, LogLevel.Information, "This replica leads (term {Term})")]
    public static partial void ReplicaLeads(ILogger logger, long term);

    [LoggerMessage(62, LogLevel.Warning, "This replica does not lead any more")]
    public static partial void ReplicaRelieved(ILogger logger);

    [LoggerMessage(12, LogLevel.Error, "Unexpected failure {Reference} in {Method}")]
    public static partial void Unexpected(ILogger logger, Exception failure, string reference, string method);

    [LoggerMessage(20, LogLevel.Debug, "The feed goes on over the renewed connection from leaf {From}")]
    public static partial void FeedMoved(ILogger logger, ulong from);

    [LoggerMessage(21, LogLevel.Information, "Trusted certificate authorities are now those of the log: {Fingerprints}")]
    public static partial void AuthoritiesChanged(ILogger logger, string fingerprints);

    [LoggerMessage(22, LogLevel.Warning, "List of denied certificates not taken: {What}")]
    public static partial void DenyListRefused(ILogger logger, string what);

    [LoggerMessage(13, LogLevel.Warning, "Record {Record} refused by the broker: {Code} {What}")]
    public static partial void RecordRefused(ILogger logger, string record, string code, string what);

    [LoggerMessage(50, LogLevel.Information, "A message of a case came ({Kind}), about record {Record}")]
    public static partial void CaseMessageArrived(ILogger logger, string kind, string record);

    [LoggerMessage(51, LogLevel.Warning, "A message of a case was refused by the broker: {Code} {What}")]
    public static partial void CaseMessageRefused(ILogger logger, string code, string what);
}
