using Gateway.Broker.Sequencing;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Broker.Publishing;

/// <summary>What became of a submission: a receipt, or the rule that refused it.</summary>
public readonly record struct PublishResult
{
    /// <summary>The receipt, unless refused.</summary>
    public LogReceipt? Receipt { get; private init; }

    /// <summary>The refusal, unless published.</summary>
    public Refusal? Refusal { get; private init; }

    /// <summary>Published.</summary>
    public static implicit operator PublishResult(LogReceipt receipt) => new() { Receipt = receipt };

    /// <summary>Refused.</summary>
    public static implicit operator PublishResult(Refusal refusal) => new() { Refusal = refusal };

    /// <summary>The message form.</summary>
    public PublishOutcome ToMessage(ByteString recordId)
    {
        PublishOutcome outcome = new() { RecordId = recordId };
        if (Receipt is not null) outcome.Receipt = Receipt.ToMessage();
        else outcome.Refusal = Refusal?.ToDetail();
        return outcome;
    }
}
