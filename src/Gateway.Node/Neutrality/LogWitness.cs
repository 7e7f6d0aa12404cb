using Gateway.Cryptography;
using Gateway.Ledger;
using Gateway.Node.Feed;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Node;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Gateway.Node.Neutrality;

/// <summary>
/// Cosigns the checkpoints that this node has verified, at most one a second and the newest only, so that the feed is never held up; exchanges cosignatures over the broker; accepts, closes the
/// outbox with it, and says when the log stands still or nobody cosigns.
/// </summary>
public sealed class LogWitness(
    OwnLog log, ForkWatch forks, CosignatureTally tally, Acceptance acceptance, LogConditions conditions, INodeStore store, CallInvoker broker, MemberId member, MemberKeys keys, Func<NodeView> view,
    AlarmBell alarms, RandomSource random, TimeProvider time, ILogger<LogWitness> logger) : RepeatedWork("cosigning the log", Pauses.Every(Interval), alarms, random, time)
{
    /// <summary>How long verified leaves may wait for cosignatures before it is an alarm.</summary>
    public static readonly TimeSpan QuorumPatience = TimeSpan.FromMinutes(15);

    private const int RowsAtOnce = 500;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan IdleInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ReadAgainAfter = TimeSpan.FromMinutes(1);

    private readonly WitnessService.WitnessServiceClient _broker = new(broker);
    private ulong _read;
    private DateTimeOffset _readAll;
    private IReadOnlyDictionary<MemberId, NetworkMember>? _members;
    private (ulong Size, ulong Accepted) _closed;
    private DateTimeOffset _asked;
    private DateTimeOffset? _behindSince;
    private ulong _behindAt;
    private bool _loaded;

    /// <summary>This member's newest cosignature; null before the first since the start.</summary>
    public CosignedCheckpoint? Own { get; private set; }

    /// <summary>One round.</summary>
    public async Task RunOnceAsync(CancellationToken cancellation)
    {
        NodeView now = view();
        if (log.Verifier is not { } verifier) return;
        if (!_loaded)
        {
            await forks.LoadAsync(cancellation);
            await tally.LoadAsync(now.State, verifier, cancellation);
            _loaded = true;
        }

        await ExchangeAsync(now, verifier, cancellation);
        await tally.SettleAsync(now, cancellation);
        await forks.CompareRememberedAsync(cancellation);
        await CloseOutboxAsync(now, cancellation);
        await CheckDayAsync(now, cancellation);
        await CheckQuorumAsync(now, cancellation);
    }

    /// <inheritdoc/>
    protected override Task RoundAsync(CancellationToken cancellation) => RunOnceAsync(cancellation);

    // Only while something waits, or now and then: a network at rest costs the broker two calls a minute and member. The newest cosignature goes along every Time, so that a broker that has lost
    // it, or whose store was replaced by an older one, hears of it.
    private async Task ExchangeAsync(NodeView now, LogVerifier verifier, CancellationToken cancellation)
    {
        if (!now.State.Members.TryGetValue(member, out NetworkMember? me) || !me.IsActive) return;
        bool isFresh = !forks.IsOpen && now.Size > (Own?.Checkpoint.Size ?? 0);
        if (isFresh) Own = await CosignAsync(now, verifier, cancellation) ?? Own;
        bool isWaiting = isFresh || acceptance.Size < now.Size || conditions.Has(LogConditions.RolledBack);
        if (!isWaiting && Time.GetUtcNow() - _asked < IdleInterval) return;
        _asked = Time.GetUtcNow();

        // What was relayed before its member was known here, or could not be compared then, comes again only if it is asked for.
        bool isStuck = acceptance.Size < now.Size && _asked - _readAll >= ReadAgainAfter;
        if (isStuck || !ReferenceEquals(_members, now.State.Members)) (_read, _readAll, _members) = (0, _asked, now.State.Members);
        try
        {
            ExchangeCosignaturesResponse response = await _broker.ExchangeCosignaturesAsync(
                new ExchangeCosignaturesRequest { CosignedCheckpoint = Own is null ? ByteString.Empty : ByteString.CopyFrom(Own.Note.ToBytes()), After = _read }, deadline: CallDeadline.After(Patience), cancellationToken: cancellation);
            _read = response.Last < _read ? 0 : response.Last;
            tally.Take(response.CosignedCheckpoints.Select(note => note.Memory), now.State, verifier);
        }
        catch (RpcException fault) when (!cancellation.IsCancellationRequested)
        {
            Refusal refusal = fault.ToRefusal("broker");
            NodeEvents.CosignaturesNotExchanged(logger, refusal.What);
            if (refusal.Code == "LOG_HALTED") await conditions.RaiseAsync(BrokerWatch.RolledBack(refusal.What), cancellation);
        }
    }

    private async Task<CosignedCheckpoint?> CosignAsync(NodeView now, LogVerifier verifier, CancellationToken cancellation)
    {
        // The store may be a batch ahead of the view; both are verified.
        if (await store.ReadHeadAsync(cancellation) is not { } head || !SignedNote.TryParse(head.Note, out SignedNote? note, out _)) return null;
        SignedNote cosigned = note.SignedAlsoBy(new CosignatureSigner(now.State.Network, member, keys.Node, Time));
        return CosignedCheckpoint.Open(cosigned.ToBytes(), verifier, now.State.Network, _ => keys.Node.PublicKey, out _);
    }

    private async Task CloseOutboxAsync(NodeView now, CancellationToken cancellation)
    {
        if (_closed == (now.Size, acceptance.Size)) return;
        while (await store.Neutrality.CloseOutboxAsync(acceptance.Size, RowsAtOnce, cancellation) == RowsAtOnce) cancellation.ThrowIfCancellationRequested();
        _closed = (now.Size, acceptance.Size);
    }

    private async Task CheckDayAsync(NodeView now, CancellationToken cancellation)
    {
        UtcDay today = UtcDay.Of(Time.GetUtcNow());
        if (today <= now.State.Day.AddDays(1))
        {
            conditions.Clear(LogConditions.Stale);
            return;
        }

        await conditions.RaiseAsync(
            Refusal.DataLoss(LogConditions.Stale, $"The log's last day is {now.State.Day}, and it is {today} by this node's clock: the broker is away, stands still, or shows this node an old log.", "log", "Ask the broker's operator and another member whether the log goes on; check this machine's clock."),
            cancellation);
    }

    private async Task CheckQuorumAsync(NodeView now, CancellationToken cancellation)
    {
        ulong accepted = acceptance.Size;
        if (accepted >= now.Size)
        {
            _behindSince = null;
            conditions.Clear(LogConditions.QuorumMissing);
            return;
        }

        DateTimeOffset moment = Time.GetUtcNow();
        if (_behindAt != accepted) (_behindAt, _behindSince) = (accepted, moment);
        _behindSince ??= moment;
        if (moment - _behindSince < QuorumPatience) return;
        await conditions.RaiseAsync(
            Refusal.Unavailable(LogConditions.QuorumMissing, $"Fewer than {tally.QuorumOf(now.State)} other members have cosigned what this node has verified since leaf {accepted}: it waits, and with it what cannot be undone.", "log", "See `gateway log status`: the members whose nodes are away have to bring them back, or the quorum is set too high here."),
            cancellation);
    }
}
