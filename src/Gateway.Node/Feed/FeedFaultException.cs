using Gateway.Protocol.Errors;

namespace Gateway.Node.Feed;

/// <summary>The broker sent something that the log's rules exclude: hidden, altered, misrouted, forked. Nothing of the batch is applied.</summary>
/// <param name="refusal">What does not hold.</param>
/// <param name="evidence">What proves it, e.g. the checkpoint; empty when there is nothing to show.</param>
public sealed class FeedFaultException(Refusal refusal, byte[] evidence) : Exception(refusal.ToString())
{
    /// <summary>What does not hold.</summary>
    public Refusal Refusal { get; } = refusal;

    /// <summary>What proves it.</summary>
    public byte[] Evidence { get; } = evidence;
}
