using Gateway.Cryptography;
using Gateway.Ledger;
using Gateway.Protocol;
using Gateway.Protocol.Disputes;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage;
using Gateway.Storage.Broker;
using Google.Protobuf;

namespace Gateway.Broker.Sequencing;

/// <summary>One transaction of the sequencer while it is put together: places, routes, salts and leaf data, and the state it leads to.</summary>
internal sealed class LogBatch(ulong firstIndex, NetworkView view, RandomSource random, UtcDay today)
{
    private const int PublishersThatHideARole = 4;

    private readonly List<Action<Func<BrokerLeaf, LogReceipt>>> _completions = [];
    private readonly List<PublishedRecord> _records = [];
    private readonly List<(RecordId Id, ulong WithdrawnAt)> _withdrawals = [];
    private readonly List<StoredDispute> _disputes = [];
    private readonly List<(byte[] TokenHash, ulong UsedAt)> _usedInvitations = [];
    private readonly List<ChangeDecision> _decisions = [];
    private readonly Dictionary<MemberId, long> _published = [];

    public List<BrokerLeaf> Leaves { get; } = [];

    public List<StoredRouteKey> RouteKeys { get; } = [];

    /// <summary>The state after the entries so far.</summary>
    public NetworkState State { get; private set; } = view.Current;

    /// <summary>When what held in the circles, up to there.</summary>
    public CircleHistory History { get; private set; } = view.History;

    private ulong NextIndex => firstIndex + (ulong)Leaves.Count;

    public void Add(LogRequest request)
    {
        Refusal? refusal = request switch
        {
            ChangeNetwork change => TryAdd(change),
            PublishRecord publish => TryAdd(publish),
            WithdrawRecord withdraw => TryAdd(withdraw),
            DisputeRecord dispute => TryAdd(dispute),
            _ => throw new ArgumentException($"The sequencer does not know requests of type {request.GetType().Name}.", nameof(request)),
        };
        if (refusal is not null) request.Fail(new RefusalException(refusal));
    }

    public LogAppend ToAppend(IReadOnlyList<(TileId Id, byte[] Hashes)> tiles, LogHead head) => new()
    {
        Leaves = Leaves,
        Tiles = tiles,
        Head = head,
        Records = [.. _records.Select(record => record with { ReceiptSize = head.Size })],
        Withdrawals = _withdrawals,
        Disputes = _disputes,
        UsedInvitations = _usedInvitations,
        Decisions = _decisions,
        RouteKeys = RouteKeys,
        Usage = [.. _published.Select(pair => new QuotaUsage(pair.Key, Quotas.Quota.Records, today, pair.Value))],
    };

    public void Complete(Func<BrokerLeaf, LogReceipt> receiptOf)
    {
        foreach (Action<Func<BrokerLeaf, LogReceipt>> completion in _completions) completion(receiptOf);
    }

    private Refusal? TryAdd(ChangeNetwork request)
    {
        StateChange change = request.Change;
        if (change.UsedInvitation is { } token && _usedInvitations.Exists(used => used.TokenHash.AsSpan().SequenceEqual(token)))
        {
            return Refusal.Precondition("INVITATION_USED", "The invitation has been used already.", "token", "Ask the operator for a new invitation.");
        }

        if (change.Decision is { } decision && _decisions.Exists(other => other.Number == decision.Number)) return Administration.ChangeDesk.NotOpen(decision.Number);
        if (change.Condition?.Invoke(State) is { } unmet) return unmet;
        foreach ((_, RecordWithdrawn withdrawal) in change.Withdrawals)
        {
            CircleId circle = CircleId.FromBytes(withdrawal.CircleId.Span);
            if (FindRouteKey(circle, withdrawal.Epoch) is null) return NoRoute(circle, withdrawal.Epoch);
        }

        NetworkState next = State;
        CircleHistory history = History;
        List<(Entry Entry, byte[] Bytes)> entries = [];
        foreach (Entry entry in change.Entries)
        {
            byte[] bytes = entry.ToByteArray();
            if (bytes.Length > LeafData.MaximumEntry)
            {
                return Refusal.Invalid("ENTRY_TOO_LARGE", $"The entry has {bytes.Length:N0} bytes, more than the {LeafData.MaximumEntry:N0} allowed.", entry.ContentCase.ToString(), "Make it smaller.");
            }

            NetworkState before = next;
            if (before.TryApply(entry, bytes, out next) is { } contradiction)
            {
                return Refusal.Precondition("STATE_CONTRADICTED", contradiction, entry.ContentCase.ToString(), "Follow the log to its end and try again from the state it has.");
            }

            history = history.After(NextIndex + (ulong)entries.Count, before, next);
            entries.Add((entry, bytes));
        }

        List<BrokerLeaf> added = [];
        foreach ((Entry entry, byte[] bytes) in entries)
        {
            // What makes up the state is for everyone.
            ulong index = NextIndex + (ulong)added.Count;
            byte[] salt = random.GetBytes(LeafData.SaltSize);
            added.Add(new BrokerLeaf(index, LeafData.Of(index, null, salt, bytes), salt, bytes, entry.ContentCase, null, 0, null));
        }

        Leaves.AddRange(added);
        foreach ((RecordId id, RecordWithdrawn withdrawal) in change.Withdrawals)
        {
            CircleId circle = CircleId.FromBytes(withdrawal.CircleId.Span);
            added.Add(AddLeaf(new Entry { RecordWithdrawn = withdrawal }, circle, withdrawal.Epoch, FindRouteKey(circle, withdrawal.Epoch)!, null));
            _withdrawals.Add((id, added[^1].Index));
        }

        if (change.UsedInvitation is not null) _usedInvitations.Add((change.UsedInvitation, added[0].Index));
        if (change.Decision is not null) _decisions.Add(change.Decision with { Index = added[0].Index });
        RouteKeys.AddRange(change.RouteKeys);
        (State, History) = (next, history);
        _completions.Add(receiptOf => request.Complete([.. added.Select(receiptOf)]));
        return null;
    }

    private Refusal? TryAdd(PublishRecord request)
    {
        AdmittedRecord record = request.Record;
        Submission submission = record.Submission;

        // The state may have moved on since admission, by this very batch too.
        if (Publishing.CircleAccess.FindPublisher(State, record.Contributor, record.Circle, submission.Epoch, out NetworkMember? member, out NetworkCircle? circle) is { } refusal) return refusal;
        if (FindRouteKey(record.Circle, submission.Epoch) is not { } key) return NoRoute(record.Circle, submission.Epoch);
        Entry entry = new()
        {
            RecordPublished = new RecordPublished
            {
                RecordId = submission.RecordId,
                CircleId = submission.CircleId,
                Epoch = submission.Epoch,
                RecordPk = submission.RecordPk,
                Signature = submission.Signature,
                Issuance = UnsafeByteOperations.UnsafeWrap(record.Issuance),
                ExpiryDay = submission.ExpiryDay,
                Role = DisclosesRole(circle!) ? member!.Role : MemberRole.Unspecified,
            },
        };
        BrokerLeaf leaf = AddLeaf(entry, record.Circle, submission.Epoch, key, submission.Item.ToByteArray());
        _records.Add(new PublishedRecord
        {
            Id = record.Id,
            Index = leaf.Index,
            Circle = record.Circle,
            Epoch = submission.Epoch,
            RecordKey = record.RecordKey,
            Expiry = new UtcDay(submission.ExpiryDay),
            Contributor = record.Contributor,
            IssuanceSalt = submission.IssuanceSalt.ToByteArray(),
            MemberSignature = submission.MemberSignature.ToByteArray(),
            ReceiptSize = 0, // Known when the batch is full: see ToAppend.
        });
        _published[record.Contributor] = _published.GetValueOrDefault(record.Contributor) + 1;
        _completions.Add(receiptOf => request.Complete(receiptOf(leaf)));
        return null;
    }

    private Refusal? TryAdd(WithdrawRecord request)
    {
        CircleId circle = CircleId.FromBytes(request.Withdrawal.CircleId.Span);
        if (FindRouteKey(circle, request.Withdrawal.Epoch) is not { } key) return NoRoute(circle, request.Withdrawal.Epoch);
        BrokerLeaf leaf = AddLeaf(new Entry { RecordWithdrawn = request.Withdrawal }, circle, request.Withdrawal.Epoch, key, null);
        _withdrawals.Add((request.Id, leaf.Index));
        _completions.Add(receiptOf => request.Complete(receiptOf(leaf)));
        return null;
    }

    private Refusal? TryAdd(DisputeRecord request)
    {
        DisputeState dispute = request.Dispute.State;
        if (FindRouteKey(dispute.Circle, dispute.Epoch) is not { } key) return NoRoute(dispute.Circle, dispute.Epoch);
        List<BrokerLeaf> added = [];
        foreach (Entry entry in request.Entries(State))
        {
            BrokerLeaf leaf = AddLeaf(entry, dispute.Circle, dispute.Epoch, key, null);
            added.Add(leaf);
            if (entry.ContentCase == Entry.ContentOneofCase.RecordWithdrawn) _withdrawals.Add((dispute.Record, leaf.Index));
            else dispute = entry.RecordDisputed is { } disputed ? dispute.After(leaf.Index, disputed) : dispute.After(leaf.Index, RecordDisputeResolved.Parser.ParseFrom(entry.RecordDisputeResolved.Body));
        }

        _disputes.Add(request.Dispute with { State = dispute });
        _completions.Add(receiptOf => request.Complete([.. added.Select(receiptOf)]));
        return null;
    }

    private BrokerLeaf AddLeaf(Entry entry, CircleId circle, uint epoch, RouteKey key, byte[]? item)
    {
        byte[] salt = random.GetBytes(LeafData.SaltSize);
        byte[] bytes = entry.ToByteArray();
        BrokerLeaf leaf = new(NextIndex, LeafData.Of(NextIndex, key, salt, bytes), salt, bytes, entry.ContentCase, circle, epoch, item);
        Leaves.Add(leaf);
        return leaf;
    }

    private RouteKey? FindRouteKey(CircleId circle, uint epoch) =>
        RouteKeys.Find(key => key.Circle == circle && key.Epoch == epoch) is { } begun ? new RouteKey(begun.Key) : view.FindRouteKey(circle, epoch);

    private bool DisclosesRole(NetworkCircle circle) => circle.Policy.DisclosesRole && circle.Policy.PublishingRoles.All(role =>
        circle.Members.Count(id => State.Members.TryGetValue(id, out NetworkMember? member) && member.Role == role) >= PublishersThatHideARole);

    private static Refusal NoRoute(CircleId circle, uint epoch) => Refusal.Precondition(
        "ROUTE_KEY_MISSING", $"The broker has no routing key for epoch {epoch} of the circle.", $"circle {circle.Prefix}", "The circle's steward has to make a new epoch.");
}
