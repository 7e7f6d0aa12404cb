using Gateway.Cli.Connect;
using Gateway.Cli.Input;
using Gateway.Cli.Output;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Grpc.Core;

namespace Gateway.Cli.Screening;

/// <summary>How far screening has come.</summary>
/// <param name="Sent">Shipments sent to the node.</param>
/// <param name="Screened">Shipments with a final result.</param>
/// <param name="Pending">Shipments whose identifiers are being evaluated.</param>
/// <param name="Hits">Shipments with a hit.</param>
/// <param name="Share">Part of the file with a final result, 0 to 1, as far as it can be told before the file is read.</param>
public readonly record struct ScreeningProgress(long Sent, long Screened, long Pending, long Hits, double Share);

/// <summary>What came of screening a file. Every shipment sent stands in exactly one of cleared, pending and hits.</summary>
public sealed record ScreeningReport
{
    /// <summary>Rows of the file.</summary>
    public long Rows { get; init; }

    /// <summary>Shipments with a final result.</summary>
    public long Screened { get; init; }

    /// <summary>Every identifier known, none meets a record.</summary>
    public long Cleared { get; init; }

    /// <summary>Some identifiers not evaluated in time: not cleared.</summary>
    public long Pending { get; init; }

    /// <summary>Shipments in which nothing could be looked up: not cleared.</summary>
    public long NothingToScreen { get; init; }

    /// <summary>At least one record met.</summary>
    public long Hits { get; init; }

    /// <summary>Hits in the red lane.</summary>
    public long Red { get; init; }

    /// <summary>Hits in the yellow lane.</summary>
    public long Yellow { get; init; }

    /// <summary>Hits in the green lane: dismissed, or what was opened speaks against them. Shown, with nothing to do.</summary>
    public long Green { get; init; }

    /// <summary>Shipments with a name like a record's and nothing that decides: a note, in circles that match name words.</summary>
    public long SimilarNames { get; init; }

    /// <summary>Rows that were not screened because they cannot be read.</summary>
    public long NotScreened { get; init; }

    /// <summary>Fields the node could not use, besides those this program left out.</summary>
    public long FieldsNotUsed { get; init; }

    /// <summary>Seconds from the first row to the last result.</summary>
    public double Seconds { get; init; }

    /// <summary>Shipments a second.</summary>
    public double Rate { get; init; }
}

/// <summary>Sends the shipments of a file to the node while its results come back.</summary>
public sealed class ManifestScreener(LocalNode node, FaultSink faults, HitSink hits, PendingSink pending, Action<ScreeningProgress> tell, TimeProvider time)
{
    private readonly HashSet<string> _waiting = new(StringComparer.Ordinal);
    private long _rows, _sent, _screened, _cleared, _pending, _hit, _red, _yellow, _notUsed, _nothing, _similar;

    /// <summary>Screens.</summary>
    /// <param name="source">The open file.</param>
    /// <param name="length">Its length in bytes, for progress.</param>
    /// <param name="wait">How long to wait for identifiers never met before, after the last row.</param>
    /// <param name="cancellation">Stops.</param>
    public async Task<ScreeningReport> ScreenAsync(CsvSource source, long length, TimeSpan wait, CancellationToken cancellation)
    {
        long begun = time.GetTimestamp();
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using AsyncDuplexStreamingCall<ScreenStreamRequest, ScreenStreamResponse> call = node.Screening.ScreenStream(cancellationToken: stop.Token);
        Task sending = Task.Run(() => SendAsync(source, wait, call.RequestStream, stop.Token), CancellationToken.None);
        try
        {
            while (await call.ResponseStream.MoveNext(stop.Token))
            {
                foreach (ScreeningResult result in call.ResponseStream.Current.Results) Take(result);
                _screened += call.ResponseStream.Current.Cleared.Count;
                _cleared += call.ResponseStream.Current.Cleared.Count;
                long sent = Interlocked.Read(ref _sent);
                double read = length == 0 ? 1 : Math.Min(1, source.Position / (double)length);
                tell(new ScreeningProgress(sent, _screened, _waiting.Count, _hit, read * _screened / Math.Max(1, sent)));
            }
        }
        catch (Exception fault) when (fault is RpcException or OperationCanceledException && sending.IsFaulted)
        {
            // The file's fault is the cause of the call's; it is thrown below.
        }
        finally
        {
            await stop.CancelAsync();
            await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (sending.IsFaulted) await sending;
        cancellation.ThrowIfCancellationRequested();
        if (_screened != _sent)
        {
            throw new RefusalException(Refusal.DataLoss("RESULTS_MISSING", $"The node answered for {_screened} of {_sent} shipments.", "screening", "Screen the file again; what has no result is not cleared."));
        }

        double seconds = time.GetElapsedTime(begun).TotalSeconds;
        return new ScreeningReport
        {
            Rows = _rows,
            Screened = _screened,
            Cleared = _cleared,
            Pending = _pending,
            NothingToScreen = _nothing,
            Hits = _hit,
            Red = _red,
            Yellow = _yellow,
            Green = _hit - _red - _yellow,
            SimilarNames = _similar,
            NotScreened = faults.Rows,
            FieldsNotUsed = _notUsed,
            Seconds = Math.Round(seconds, 3),
            Rate = seconds > 0 ? Math.Round(_screened / seconds, 1) : 0,
        };
    }

    private async Task SendAsync(CsvSource source, TimeSpan wait, IClientStreamWriter<ScreenStreamRequest> requests, CancellationToken cancellation)
    {
        ManifestBatches manifest = new(source, faults.Add);
        foreach (ShipmentBatch batch in manifest.Read())
        {
            Interlocked.Add(ref _sent, batch.IdEnds.Count);
            await requests.WriteAsync(new ScreenStreamRequest { Batch = batch, WaitMilliseconds = (uint)wait.TotalMilliseconds }, cancellation);
        }

        _rows = manifest.Rows;
        await requests.CompleteAsync();
    }

    private void Take(ScreeningResult result)
    {
        if (!result.Final)
        {
            _waiting.Add(result.ShipmentId);
            return;
        }

        _waiting.Remove(result.ShipmentId);
        _screened++;
        _notUsed += result.RejectedFields.Count;
        if (result.SimilarNames.Count > 0) _similar++;
        switch (result.Decision)
        {
            case ScreeningDecision.Cleared:
                _cleared++;
                break;
            case ScreeningDecision.Hit:
                _hit++;
                if (result.Lane == Lane.Red) _red++;
                else if (result.Lane == Lane.Yellow) _yellow++;
                hits.Add(result);
                break;
            case ScreeningDecision.NotScreened:
                _nothing++;
                break;
            default:
                _pending++; // Not cleared, whatever the node meant.
                pending.Add(result);
                break;
        }
    }
}
