using Gateway.Protocol.Errors;
using Gateway.Storage.Node;
using Google.Protobuf;

namespace Gateway.Node.Contributions;

/// <summary>How a refusal ends a contribution.</summary>
internal static class Refusals
{
    /// <summary>The row, refused for good: what was to be sent is gone, the reason stays.</summary>
    public static OutboxRow For(OutboxRow row, Refusal refusal) => row with { State = OutboxState.Refused, Refusal = refusal.ToDetail().ToByteArray(), Submission = null, Draft = null };
}

/// <summary>A receipt that does not hold: an alarm, and the work is tried again.</summary>
/// <param name="refusal">What does not hold.</param>
/// <param name="evidence">The receipt.</param>
public sealed class ReceiptRefusedException(Refusal refusal, byte[] evidence) : Exception(refusal.ToString())
{
    /// <summary>What does not hold.</summary>
    public Refusal Refusal { get; } = refusal;

    /// <summary>The receipt's bytes.</summary>
    public byte[] Evidence { get; } = evidence;
}
