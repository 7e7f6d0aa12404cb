using Gateway.Cli.Connect;
using Gateway.Cli.Input;
using Gateway.Cli.Output;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Grpc.Core;

namespace Gateway.Cli.Publishing;

/// <summary>How far publishing has come.</summary>
/// <param name="Read">Rows read.</param>
/// <param name="Durable">Cases safe at the node.</param>
/// <param name="Published">Cases in the broker's log.</param>
/// <param name="Refused">Cases the node or the broker did not take.</param>
public readonly record struct PublishProgress(long Read, long Durable, long Published, long Refused);

/// <summary>What came of publishing a file.</summary>
public sealed record PublishReport
{
    /// <summary>Rows of the file.</summary>
    public long Rows { get; init; }

    /// <summary>Cases in the log.</summary>
    public long Published { get; init; }

    /// <summary>Cases among them and among those queued that had been contributed before.</summary>
    public long AlreadyKnown { get; init; }

    /// <summary>Cases safe at the node and not in the log yet.</summary>
    public long Queued { get; init; }

    /// <summary>Cases withdrawn again earlier.</summary>
    public long Withdrawn { get; init; }

    /// <summary>Cases the node or the broker refused.</summary>
    public long Refused { get; init; }

    /// <summary>Rows left out because the file has errors in them.</summary>
    public long LeftOut { get; init; }
}

/// <summary>Sends the cases of a file to the node and follows them into the log.</summary>
public sealed class ActorPublisher(LocalNode node, FaultSink faults, Action<PublishProgress> tell)
{
    private const int MostRows = 500;
    private const int MostBytes = 3 * 1_048_576;
    private const string Corrected = "correct the row and publish it again";

    // Where a case stands in the file, for refusals that come after the node took it: about 50 bytes a case.
    private readonly Dictionary<string, long> _lines = new(StringComparer.Ordinal);
    private readonly Queue<List<(string Reference, long Line)>> _sent = [];
    private readonly Lock _gate = new();
    private volatile bool _allSent, _allAnswered;
    private long _rows, _durable, _published, _known, _queued, _withdrawn, _refused;

    /// <summary>Publishes.</summary>
    /// <param name="source">The open file.</param>
    /// <param name="circle">Name of the circle.</param>
    /// <param name="wait">Whether to wait until every case is in the log or refused; else until it is safe at the node.</param>
    /// <param name="cancellation">Stops: what is safe at the node goes on.</param>
    public async Task<PublishReport> PublishAsync(CsvSource source, string circle, bool wait, CancellationToken cancellation)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using AsyncDuplexStreamingCall<ContributeRequest, ContributeResponse> call = node.Contributions.Contribute(cancellationToken: stop.Token);
        Action ended = wait ? () => { } : stop.Cancel;
        Task sending = Task.Run(() => SendAsync(source, circle, call.RequestStream, ended, stop.Token), CancellationToken.None);
        try
        {
            while (await call.ResponseStream.MoveNext(stop.Token)) Take(call.ResponseStream.Current, ended);
        }
        catch (Exception fault) when (fault is RpcException or OperationCanceledException && (sending.IsFaulted || (_allAnswered && !wait)))
        {
            // Either the file's fault, which is thrown below, or our own end of a call whose further answers nobody waits for.
        }
        finally
        {
            await stop.CancelAsync();
            await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (sending.IsFaulted) await sending;
        cancellation.ThrowIfCancellationRequested();
        return new PublishReport
        {
            Rows = _rows, Published = _published, AlreadyKnown = _known, Queued = _queued, Withdrawn = _withdrawn, Refused = _refused, LeftOut = faults.Rows - _refused,
        };
    }

    private async Task SendAsync(CsvSource source, string circle, IClientStreamWriter<ContributeRequest> requests, Action ended, CancellationToken cancellation)
    {
        int bytes = 0;
        ContributeRequest message = new();
        List<(string, long)> lines = [];
        foreach (InputRow<Contribution> row in ActorFile.Read(source, circle))
        {
            _rows++;
            faults.Add(row.Faults);
            if (row.Value is not { } contribution) continue;
            int size = contribution.CalculateSize() + 8;
            if (message.Contributions.Count == MostRows || bytes + size > MostBytes)
            {
                await FlushAsync();
            }

            message.Contributions.Add(contribution);
            lines.Add((row.Name, row.Line));
            bytes += size;
        }

        if (message.Contributions.Count > 0) await FlushAsync();
        lock (_gate) _allSent = true;
        EndIfAnswered(ended);
        await requests.CompleteAsync();

        async Task FlushAsync()
        {
            lock (_gate) _sent.Enqueue(lines);
            await requests.WriteAsync(message, cancellation);
            (message, lines, bytes) = (new ContributeRequest(), [], 0);
        }
    }

    // The first answers come in the order of the messages, before any other.
    private void Take(ContributeResponse response, Action ended)
    {
        List<(string Reference, long Line)>? sent;
        lock (_gate) _sent.TryDequeue(out sent);
        for (int i = 0; i < response.Outcomes.Count; i++)
        {
            if (sent is not null) TakeFirst(response.Outcomes[i], sent[i].Line);
            else TakeLater(response.Outcomes[i]);
        }

        tell(new PublishProgress(_rows, _durable, _published, _refused));
        EndIfAnswered(ended);
    }

    private void EndIfAnswered(Action ended)
    {
        lock (_gate) _allAnswered = _allSent && _sent.Count == 0;
        if (_allAnswered) ended();
    }

    private void TakeFirst(ContributionOutcome outcome, long line)
    {
        if (outcome.State != ContributionState.Refused) _durable++;
        if (outcome.AlreadyKnown) _known++;
        if (outcome.State == ContributionState.Queued)
        {
            _queued++;
            _lines[outcome.Reference] = line;
            return;
        }

        Count(outcome, line);
    }

    private void TakeLater(ContributionOutcome outcome)
    {
        _queued--;
        _lines.Remove(outcome.Reference, out long line);
        Count(outcome, line);
    }

    private void Count(ContributionOutcome outcome, long line)
    {
        switch (outcome.State)
        {
            case ContributionState.Published:
                _published++;
                break;
            case ContributionState.Withdrawn:
                _withdrawn++;
                break;
            default:
                // What is wrong with the circle is wrong with every row: said once.
                if (outcome.Error is { Code: "CIRCLE_NOT_JOINED" or "CIRCLE_READ_ONLY" or "CIRCLE_WITHOUT_KEY" } ofCircle) throw new RefusalException(Refusal.FromDetail(ofCircle));
                _refused++;
                string remedy = outcome.Error?.Remedy is { Length: > 0 } stated ? stated : Corrected;
                faults.Add([new InputFault(line, ColumnOf(outcome.Error), outcome.Reference, $"{outcome.Error?.What ?? "refused"} [{outcome.Error?.Code}]", remedy, true)]);
                break;
        }
    }

    private static string ColumnOf(ErrorDetail? error) => error is not null && ActorFile.Columns.Contains(error.Which) ? error.Which : "";
}
