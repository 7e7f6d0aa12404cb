using Gateway.Broker.Access;
using Gateway.Broker.Hosting;
using Gateway.Broker.Observation;
using Gateway.Broker.Publishing;
using Gateway.Broker.Sequencing;
using Gateway.Broker.Witness;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;
using Grpc.Core;
using Microsoft.Extensions.Hosting;

namespace Gateway.Broker.Services;

/// <summary>Records between the nodes and the broker.</summary>
public sealed class ExchangeService(Admission admission, NetworkView view, IBrokerStore store, LogSignal signal, RecentBatches recent, FeedActivity feeds, RefusalTally refusals, StoreReach reach, HistoryGuard history, Sequencer sequencer, IHostApplicationLifetime lifetime, TimeProvider time)
    : Gateway.Protocol.V1.ExchangeService.ExchangeServiceBase
{
    /// <inheritdoc/>
    public override async Task Publish(IAsyncStreamReader<PublishRequest> requestStream, IServerStreamWriter<PublishResponse> responseStream, ServerCallContext context)
    {
        using IDisposable open = feeds.OpenUpload();
        using PublishStream stream = new(admission, Peer.Of(context).RequireMember(), refusals, requestStream, responseStream);
        await RunAsync(stream.RunAsync, context).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override Task Follow(FollowRequest request, IServerStreamWriter<FollowResponse> responseStream, ServerCallContext context) =>
        RunAsync(token => FollowAsync(request, responseStream, context, token), context);

    /// <inheritdoc/>
    public override async Task<WithdrawResponse> Withdraw(WithdrawRequest request, ServerCallContext context) =>
        new() { Receipt = (await admission.WithdrawAsync(Peer.Of(context).RequireMember(), request, context.CancellationToken).ConfigureAwait(false)).ToMessage() };

    private async Task FollowAsync(FollowRequest request, IServerStreamWriter<FollowResponse> responses, ServerCallContext context, CancellationToken cancellation)
    {
        MemberId? reader = Peer.Of(context).Member;
        if (reader is { } member && !request.Checkpoint.IsEmpty) await history.LookAsync(member, request.Checkpoint.Memory, cancellation).ConfigureAwait(false);

        // A reader who comes from another broker on the same store may be further than this one has read.
        if (Math.Max(request.FromIndex, request.StateSize) > signal.Size && sequencer.Halted is null) await sequencer.LookAsync().ConfigureAwait(false);
        await new FeedStream(view, store, signal, recent, feeds, reader, responses, context).RunAsync(request.FromIndex, request.StateSize, cancellation).ConfigureAwait(false);
    }

    // Streams have no end of their own: they end with the certificate that opened them, or when the member is not served any more; and a broker that stops, or has lost its store, must end them, and say that it is not the caller's doing.
    private async Task RunAsync(Func<CancellationToken, Task> run, ServerCallContext context)
    {
        DateTimeOffset end = Peer.Of(context).CertificateEnd ?? throw new InvalidOperationException($"{context.Method} was reached without a certificate.");
        TimeSpan left = end - time.GetUtcNow();
        using CancellationTokenSource expired = new(left > TimeSpan.Zero ? left : TimeSpan.Zero, time);
        OpenCall call = OpenCall.Of(context) ?? throw new InvalidOperationException($"{context.Method} was reached without passing the gate.");
        CancellationToken lost = reach.Lost;
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping, expired.Token, call.Token, lost);
        try
        {
            await run(ended.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested && !context.CancellationToken.IsCancellationRequested)
        {
            throw new RefusalException(Refusal.Unavailable("BROKER_STOPPING", "The broker is shutting down.", "stream", "Connect again in a moment, with some jitter."));
        }
        catch (OperationCanceledException) when (lost.IsCancellationRequested && !context.CancellationToken.IsCancellationRequested)
        {
            throw new RefusalException(Refusal.Unavailable("STORE_UNAVAILABLE", "The broker's store cannot be used now.", "stream", "Connect to another broker of the network, or again later, with some jitter; the broker's log says what is wrong."));
        }
        catch (OperationCanceledException) when (call.Refusal is not null && !context.CancellationToken.IsCancellationRequested)
        {
            throw new RefusalException(call.Refusal);
        }
        catch (OperationCanceledException) when (expired.IsCancellationRequested && !context.CancellationToken.IsCancellationRequested)
        {
            throw PeerIdentifier.Expired();
        }
    }
}
