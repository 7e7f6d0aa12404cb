using System.Diagnostics.CodeAnalysis;
using Gateway.Ledger;
using Gateway.Node.Feed;
using Gateway.Node.Screening;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage;
using Gateway.Storage.Node;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Node.Life;

/// <summary>
/// Carries out the end of records and says so. A record that ended was hidden when the batch was applied; here its item and tags are deleted, once the log that ended it is accepted, the store's
/// files are cleared of them, and the node signs what is deleted and what is live. Acknowledgements are coalesced: a thousand withdrawals cost a handful of them, and a digest over a million records
/// does not take more than a fifth of a processor.
/// </summary>
public sealed class Acknowledger(
    INodeStore store, NodeLog log, Func<ulong> acceptedSize, MemberId member, MemberKeys keys, CallInvoker broker, StoreAge age, EpochRetirement epochs, HitOpener opener, AlarmBell alarms, TimeProvider time, ILogger<Acknowledger> logger)
    : BackgroundService
{
    private const int DeletedAtOnce = 1_000;

    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LeastPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan MostPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // A process of this node that was not heard of for so long is not waited for: it has ended, or takes everything anew.
    private static readonly TimeSpan Present = TimeSpan.FromSeconds(15);

    // Without anything that ends: so that digests are compared, and that the list of who is up to date is true.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    private readonly AcknowledgementsService.AcknowledgementsServiceClient _broker = new(broker);
    private readonly LogService.LogServiceClient _log = new(broker);
    private ulong _acknowledged;
    private DateTimeOffset _acknowledgedAt;
    private ulong _erasedBelow;
    private bool _mustErase = true; // What the last run deleted may still be in the journal.
    private TimeSpan _cost;

    // Endings up to this size were in the store at that change; other processes may have them in their memory still.
    private (long Change, ulong Size)? _awaited;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        TimeSpan failing = Look;
        _mustErase = true; // What another process of this node has deleted since this one did it last.
        while (!stoppingToken.IsCancellationRequested)
        {
            TimeSpan pause = TimeSpan.Zero;
            try
            {
                if (await RunAsync(stoppingToken)) pause = TimeSpan.FromTicks(Math.Clamp(_cost.Ticks * 4, LeastPause.Ticks, MostPause.Ticks));
                failing = Look;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault) when (fault is RpcException or StoreUnavailableException or TimeoutException or IOException)
            {
                if (stoppingToken.IsCancellationRequested) return;
                NodeEvents.WorkFailed(logger, "acknowledging", fault is RpcException rpc ? rpc.ToRefusal("broker").What : fault.Message);
                pause = failing;
                failing = failing * 2 < MostPause ? failing * 2 : MostPause;
            }
            catch (Exception fault)
            {
                await alarms.RaiseFailureAsync("acknowledging", fault, stoppingToken);
                pause = MostPause;
            }

            if (pause > TimeSpan.Zero) await Task.Delay(pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            else await log.Ended.WaitAsync(Look, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Deletes what is due and acknowledges it, if there is anything to say.</summary>
    /// <returns>Whether an acknowledgement was given.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellation)
    {
        await CheckAgeAsync(cancellation);
        NodeView view = log.View;
        ulong size = Math.Min(acceptedSize(), view.Size);
        age.Mark(view.Size); // Before the deletion, which may fail.
        if (store.Replicas is { } replicas)
        {
            _awaited ??= (replicas.Taken, size);
            size = _awaited.Value.Size;
            if ((await replicas.ReadReplicasAsync(cancellation)).Any(other => !other.IsSelf && other.SeenAgo < Present && other.Taken < _awaited.Value.Change)) return true;
            _awaited = null;
        }

        if (await DeleteAsync(size, cancellation)) return true; // An older reader is in the way of the erasure: look again soon.
        if (age.IsBehind || !IsDue(size) || size < log.WholeFrom) return false;
        await epochs.RunAsync(view, cancellation);
        DeletionStatement statement = await StateAsync(view, size, cancellation);
        await log.CatchUpAsync(cancellation); // Another process of this node may have gone on in this one's place.
        if (size < log.WholeFrom) return true; // A circle was left while the digests were read: look again.
        await SendAsync(statement, cancellation);
        return true;
    }

    /// <summary>What this node states of a size: the root and the digests of the circles it reads.</summary>
    public async Task<DeletionStatement> StateAsync(NodeView view, ulong size, CancellationToken cancellation)
    {
        long begun = time.GetTimestamp();
        List<(CircleId Circle, TreeHash Digest)> circles = [];
        foreach (NetworkCircle circle in view.State.Circles.Values.Where(circle => Reads(view, circle)).OrderBy(circle => circle.Id.ToString(), StringComparer.Ordinal))
        {
            circles.Add((circle.Id, (await store.ReadLiveDigestAsync(circle.Id, size, cancellation)).Digest));
        }

        _cost = time.GetElapsedTime(begun);
        return new DeletionStatement(size, size == view.Size ? view.Root : TiledTree.Open(size, store).Root, circles);
    }

    // Who does not hold what the others hold, yet or by its role, states nothing: its digest would be another for a good reason.
    private bool Reads(NodeView view, NetworkCircle circle) =>
        view.State.Members.TryGetValue(member, out NetworkMember? me) && circle.MayRead(me) && view.Keyring.Newest(circle.Id) is not null && !log.Backfills.Any(reading => reading.Circle == circle.Id);

    private bool IsDue(ulong size)
    {
        if (size == 0 || size < _acknowledged) return false;
        if (_acknowledgedAt == default) return true;
        return size > _acknowledged && (log.EndedBelow > _acknowledged || time.GetUtcNow() - _acknowledgedAt >= Longest);
    }

    // True when it could not be finished.
    private async Task<bool> DeleteAsync(ulong below, CancellationToken cancellation)
    {
        int deleted;
        do
        {
            bool before = _mustErase;
            _mustErase = true; // Should the answer be lost, the rows may be gone all the same.
            deleted = await store.DeleteEndedAsync(below, DeletedAtOnce, cancellation);
            _mustErase = before || deleted > 0;
        }
        while (deleted == DeletedAtOnce);

        // What hits and alerts had opened was deleted with the batch: its bytes go with the journal's.
        ulong endedBelow = log.EndedBelow;
        _mustErase |= endedBelow > _erasedBelow;
        if (!_mustErase) return false;
        opener.ForgetOpened();
        if (!await store.TryEraseAsync(cancellation)) return true;
        _mustErase = false;
        _erasedBelow = endedBelow;
        return false;
    }

    private async Task SendAsync(DeletionStatement statement, CancellationToken cancellation)
    {
        AcknowledgeRequest request = new() { Size = statement.Size, Root = ByteString.CopyFrom(statement.Root.ToArray()), Signature = ByteString.CopyFrom(statement.Sign(keys.Node)) };
        request.Circles.AddRange(statement.Circles.Select(circle => new CircleDigest { CircleId = circle.Circle.ToByteString(), Digest = ByteString.CopyFrom(circle.Digest.ToArray()) }));
        AcknowledgeResponse response = await _broker.AcknowledgeAsync(request, deadline: CallDeadline.After(Patience), cancellationToken: cancellation);
        _acknowledged = statement.Size;
        _acknowledgedAt = time.GetUtcNow();
        if (response.Kept is { } kept)
        {
            await TakeKeptAsync(kept, statement.Size, cancellation);
            return;
        }

        NodeEvents.Acknowledged(logger, statement.Size, statement.Circles.Count);
        foreach (DigestDifference difference in response.Differences) await alarms.RaiseOnceAsync(Describe(difference), cancellation, request.ToByteArray());
    }

    // Whoever could close the node with a number could shut off all screening: only what this node has signed itself says how far it has been.
    private async Task TakeKeptAsync(AcknowledgeRequest kept, ulong stated, CancellationToken cancellation)
    {
        if (kept.Size <= stated || DeletionStatement.Read(kept) is not { } before || !before.IsSignedBy(keys.Node.PublicKey, kept.Signature.Span))
        {
            Refusal refusal = Refusal.DataLoss("ACKNOWLEDGEMENT_FORGED", $"The broker answers this node's acknowledgement of leaf {stated} with one of leaf {kept.Size} that this node has not signed.", "broker", "Tell the broker's operator. Screening goes on.");
            await alarms.RaiseOnceAsync(refusal, cancellation, kept.ToByteArray());
            return;
        }

        age.Require(kept.Size);
        await CheckAgeAsync(cancellation);
    }

    /// <summary>Asks the broker how long the log is, where no mark says how old this store is.</summary>
    internal async Task CheckAgeAsync(CancellationToken cancellation)
    {
        if (!age.IsBehind) return;
        await alarms.RaiseOnceAsync(age.Describe(), cancellation);
        if (!age.AsksBroker) return;
        GetCheckpointResponse newest = await _log.GetCheckpointAsync(new GetCheckpointRequest(), deadline: CallDeadline.After(Patience), cancellationToken: cancellation);
        if (TryReadSize(newest, out ulong? size)) age.Require(size.Value);
    }

    private bool TryReadSize(GetCheckpointResponse newest, [NotNullWhen(true)] out ulong? size)
    {
        NetworkState state = log.View.State;
        size = state.Genesis is null ? null : new LogVerifier(state.Network, Cryptography.VerifyingKey.FromBytes(state.Genesis.LogPk.Span)).Open(newest.Checkpoint.Span, out _)?.Size;
        return size is not null;
    }

    private static Refusal Describe(DigestDifference difference) => Refusal.DataLoss(
        "LIVE_DIGEST_DIFFERS",
        difference switch
        {
            { Expected.IsEmpty: true } => $"At leaf {difference.Size} members of the circle state different live records, as many of them one thing as another: who is wrong cannot be said from here.",
            { IsOwn: true } => $"At leaf {difference.Size} this node holds other live records than {difference.ExpectedCount} members of the circle state.",
            _ => $"At leaf {difference.Size} {difference.OtherCount} members of the circle state other live records than this node and others hold.",
        },
        $"circle {Convert.ToHexStringLower(difference.CircleId.Span)[..8]}",
        "Run `gateway log verify`, keep the store as it is, and tell the broker's operator, who sees whom it concerns.");
}
