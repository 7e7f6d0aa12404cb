using System.Threading.Channels;
using Gateway.Broker.Observation;
using Gateway.Broker.Publishing;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Google.Protobuf.Collections;
using Grpc.Core;

namespace Gateway.Broker.Services;

/// <summary>
/// One upload. Submissions are checked in parallel on the thread pool while earlier ones wait for their commit; at most <see cref="MaximumInFlight"/> are under way, and a place
/// is free again only when the outcome has been written, so that a peer that does not read its receipts stops sending.
/// </summary>
internal sealed class PublishStream(Admission admission, MemberId contributor, RefusalTally refusals, IAsyncStreamReader<PublishRequest> requests, IServerStreamWriter<PublishResponse> responses) : IDisposable
{
    /// <summary>Submissions under way on one stream.</summary>
    public const int MaximumInFlight = 1_024;

    /// <summary>Submissions in one message.</summary>
    public const int MaximumSubmissions = 512;

    /// <summary>Outcomes in one answer: with receipts of about 1.3 KiB it stays below the 1 MiB of a message.</summary>
    private const int MaximumOutcomes = 256;

    private readonly SemaphoreSlim _places = new(MaximumInFlight, MaximumInFlight);
    private readonly Channel<PublishOutcome> _outcomes = Channel.CreateUnbounded<PublishOutcome>(new UnboundedChannelOptions { SingleReader = true });

    public async Task RunAsync(CancellationToken cancellation)
    {
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task reading = ReadAsync(ended.Token);
        Task writing = WriteAsync(ended.Token);
        Task first = await Task.WhenAny(reading, writing).ConfigureAwait(false);

        // A stream that cannot be written, or an error in a check, ends the reading too.
        if (first.IsFaulted || first == writing) await ended.CancelAsync().ConfigureAwait(false);
        Task both = Task.WhenAll(reading, writing);
        await both.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await (first.IsFaulted ? first : both).ConfigureAwait(false);
    }

    public void Dispose() => _places.Dispose();

    private async Task ReadAsync(CancellationToken cancellation)
    {
        List<Task> underWay = [];
        try
        {
            while (await requests.MoveNext(cancellation).ConfigureAwait(false))
            {
                if (requests.Current.Submissions.Count > MaximumSubmissions)
                {
                    throw new RefusalException(Refusal.Invalid("TOO_MANY_SUBMISSIONS", $"The message has {requests.Current.Submissions.Count} submissions; {MaximumSubmissions} are allowed.", "submissions", "Send them in several messages."));
                }

                underWay.RemoveAll(task => task.IsCompletedSuccessfully);
                RepeatedField<Submission> submissions = requests.Current.Submissions;

                // Places first: nothing is reserved while this waits for a peer to read.
                for (int i = 0; i < submissions.Count; i++) await _places.WaitAsync(cancellation).ConfigureAwait(false);
                Reservation?[] reservations = await admission.TryReserveAsync(submissions, cancellation).ConfigureAwait(false);
                underWay.AddRange(submissions.Zip(reservations, (submission, reservation) => Task.Run(() => PublishAsync(submission, reservation, cancellation), CancellationToken.None)));
            }

            await Task.WhenAll(underWay).ConfigureAwait(false);
            _outcomes.Writer.Complete();
        }
        catch (Exception error)
        {
            _outcomes.Writer.TryComplete(error);
            throw;
        }
    }

    private async Task PublishAsync(Submission submission, Reservation? reservation, CancellationToken cancellation)
    {
        try
        {
            PublishResult result = await admission.PublishAsync(contributor, submission, reservation, cancellation).ConfigureAwait(false);
            if (result.Refusal is { } refusal) refusals.Count(contributor, refusal.Code);
            _outcomes.Writer.TryWrite(result.ToMessage(submission.RecordId));
        }
        catch (Exception error)
        {
            // The writer ends with the same error at once, rather than when the peer closes its side.
            _outcomes.Writer.TryComplete(error);
            throw;
        }
    }

    private async Task WriteAsync(CancellationToken cancellation)
    {
        while (await _outcomes.Reader.WaitToReadAsync(cancellation).ConfigureAwait(false))
        {
            PublishResponse response = new();
            while (response.Outcomes.Count < MaximumOutcomes && _outcomes.Reader.TryRead(out PublishOutcome? outcome)) response.Outcomes.Add(outcome);
            await responses.WritePatientlyAsync(response, cancellation).ConfigureAwait(false);
            _places.Release(response.Outcomes.Count);
        }
    }
}
