using Gateway.Cryptography;
using Gateway.Protocol;
using Gateway.Protocol.Keys;
using Gateway.Protocol.V1;
using Gateway.Storage.Node;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Node.Life;

/// <summary>Tells the broker of records that failed a check at their opening, each once. What failed before indexing every node sees for itself, the broker's operators in their own node's alarms.</summary>
public sealed class MisbindReporter(INodeStore store, MemberKeys keys, CallInvoker broker, AlarmBell alarms, RandomSource random, TimeProvider time)
    : RepeatedWork("reporting misbound records", Pauses.Every(Round), alarms, random, time)
{
    private const int AtOnce = 100;

    private static readonly TimeSpan Round = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly MisbindingService.MisbindingServiceClient _broker = new(broker);

    /// <summary>Reports what has not been reported.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        foreach (NodeRecord record in await store.ReadUnreportedAsync(AtOnce, cancellation))
        {
            if (CheckOf(record.Fault!) is { } check)
            {
                ReportMisboundRequest report = new() { RecordId = ByteString.CopyFrom(record.Id.ToArray()), Check = check, Signature = ByteString.CopyFrom(keys.Node.Sign(RecordFormat.MisbindMessage(record.Id, check))) };
                try
                {
                    await _broker.ReportMisboundAsync(report, deadline: CallDeadline.After(Patience), cancellationToken: cancellation);
                }
                catch (RpcException refused) when (refused.StatusCode is StatusCode.NotFound or StatusCode.InvalidArgument)
                {
                    // Asking again would change nothing.
                }
            }

            await store.NoteReportedAsync(record.Number, cancellation);
        }
    }

    /// <inheritdoc/>
    protected override Task RoundAsync(CancellationToken cancellation) => RunAsync(cancellation);

    private static MisbindCheck? CheckOf(string fault) => fault switch
    {
        nameof(RecordCheck.SlotOpens) => MisbindCheck.SlotOpens,
        nameof(RecordCheck.ContentKeyCommitment) => MisbindCheck.ContentKeyCommitment,
        nameof(RecordCheck.BodyAuthenticates) => MisbindCheck.BodyAuthenticates,
        nameof(RecordCheck.Body) => MisbindCheck.Body,
        nameof(RecordCheck.IdentifierListed) => MisbindCheck.IdentifierListed,
        nameof(RecordCheck.KnownTagsListed) => MisbindCheck.KnownTagsListed,
        _ => null,
    };
}
