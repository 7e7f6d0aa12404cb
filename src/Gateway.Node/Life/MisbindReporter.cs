using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Keys;
using Gateway.Protocol.V1;
using Gateway.Storage;
using Gateway.Storage.Node;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Node.Life;

/// <summary>Tells the broker of records that failed a check at their opening, each once. What failed before indexing every node sees for itself, the broker's operators in their own node's alarms.</summary>
public sealed class MisbindReporter(INodeStore store, MemberKeys keys, CallInvoker broker, AlarmBell alarms, TimeProvider time, ILogger<MisbindReporter> logger) : BackgroundService
{
    private const int AtOnce = 100;

    private static readonly TimeSpan Round = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly MisbindingService.MisbindingServiceClient _broker = new(broker);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RunAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault) when (fault is RpcException or StoreUnavailableException)
            {
                if (stoppingToken.IsCancellationRequested) return;
                NodeEvents.WorkFailed(logger, "reporting misbound records", fault is RpcException rpc ? rpc.ToRefusal("broker").What : fault.Message);
            }
            catch (Exception fault)
            {
                await alarms.RaiseFailureAsync("reporting misbound records", fault, stoppingToken);
            }

            await Task.Delay(Round, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

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
                    await _broker.ReportMisboundAsync(report, deadline: time.GetUtcNow().UtcDateTime + Patience, cancellationToken: cancellation);
                }
                catch (RpcException refused) when (refused.StatusCode is StatusCode.NotFound or StatusCode.InvalidArgument)
                {
                    // Asking again would change nothing.
                }
            }

            await store.NoteReportedAsync(record.Number, cancellation);
        }
    }

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
