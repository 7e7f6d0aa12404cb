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
    private const int PublishersThatHideARole = 4, SaltsAtOnce = 64, LeastToShare = 256;

    private readonly List<Action<Func<BrokerLeaf, LogReceipt>>> _completions = [];
    private readonly List<PublishedRecord> _records = [];
    private readonly List<(RecordId Id, ulong WithdrawnAt)> _withdrawals = [];
    private readonly List<StoredDispute> _disputes = [];
    private readonly List<(byte[] TokenHash, ulong UsedAt)> _usedInvitations = [];
    private readonly List<ChangeDecision> _decisions = [];
    private readonly Dictionary<MemberId, long> _published = [];

    private readonly NetworkState _before = view.Current;

    // What the leaves are routed by, null where they are for everyone.
    private readonly List<RouteKey?> _routes = [];
    private ReadOnlyMemory<byte> _salts;
    private TreeHash[]? _hashes;

    public List<BrokerLeaf> Leaves { get; } = [];

    public List<StoredRouteKey> RouteKeys { get; } = [];

    /// <summary>The state after the entries so far.</summary>
    public NetworkState State { get; private set; } = view.Current;

    /// <summary>When what held in the circles, up to there.</summary>
    public CircleHistory History { get; private set; } = view.History;

    private ulong NextIndex => firstIndex + (ulong)Leaves.Count;

    /// <summary>Whether the entries change what the next ones are judged by.</summary>
    public bool ChangesState => !ReferenceEquals(State, _before);

    /// <summary>Whether it may be appended to a log of so many leaves in this state: it was put together for there.</summary>
    public bool Follows(ulong size, NetworkState state) => size == firstIndex && ReferenceEquals(state, _before);

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

    /// <summary>Fills in the leaf data of all leaves, on all cores where there are many, and gives their hashes in the tree.</summary>
    public TreeHash[] HashLeaves()
    {
        if (_hashes is not null && _hashes.Length == Leaves.Count) return _hashes;
        TreeHash[] hashes = _hashes = new TreeHash[Leaves.Count];
        if (hashes.Length >= LeastToShare) Parallel.For(0, hashes.Length, Hash);
        else for (int i = 0; i < hashes.Length; i++) Hash(i);
        return hashes;

        void Hash(int i)
        {
            BrokerLeaf leaf = Leaves[i];
            Leaves[i] = leaf with { LeafData = LeafData.Of(leaf.Index, _routes[i], leaf.Salt, leaf.Entry) };
            hashes[i] = LeafData.HashOf(Leaves[i].LeafData);
        }
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

        // What makes up the state is for everyone.
        int first = Leaves.Count;
        foreach ((Entry entry, byte[] bytes) in entries) AddLeaf(entry.ContentCase, bytes, null, 0, null, null);
        foreach ((RecordId id, RecordWithdrawn withdrawal) in change.Withdrawals)
        {
            CircleId circle = CircleId.FromBytes(withdrawal.CircleId.Span);
            _withdrawals.Add((id, AddLeaf(new Entry { RecordWithdrawn = withdrawal }, circle, withdrawal.Epoch, FindRouteKey(circle, withdrawal.Epoch)!, null)));
        }

        if (change.UsedInvitation is not null) _usedInvitations.Add((change.UsedInvitation, Leaves[first].Index));
        if (change.Decision is not null) _decisions.Add(change.Decision with { Index = Leaves[first].Index });
        RouteKeys.AddRange(change.RouteKeys);
        (State, History) = (next, history);
        int last = Leaves.Count;
        _completions.Add(receiptOf => request.Complete([.. Leaves[first..last].Select(receiptOf)]));
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
        int at = Leaves.Count;
        ulong index = AddLeaf(entry, record.Circle, submission.Epoch, key, submission.Item.ToByteArray());
        _records.Add(new PublishedRecord
        {
            Id = record.Id,
            Index = index,
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
        _completions.Add(receiptOf => request.Complete(receiptOf(Leaves[at])));
        return null;
    }

    private Refusal? TryAdd(WithdrawRecord request)
    {
        CircleId circle = CircleId.FromBytes(request.Withdrawal.CircleId.Span);
        if (FindRouteKey(circle, request.Withdrawal.Epoch) is not { } key) return NoRoute(circle, request.Withdrawal.Epoch);
        int at = Leaves.Count;
        _withdrawals.Add((request.Id, AddLeaf(new Entry { RecordWithdrawn = request.Withdrawal }, circle, request.Withdrawal.Epoch, key, null)));
        _completions.Add(receiptOf => request.Complete(receiptOf(Leaves[at])));
        return null;
    }

    private Refusal? TryAdd(DisputeRecord request)
    {
        DisputeState dispute = request.Dispute.State;
        if (FindRouteKey(dispute.Circle, dispute.Epoch) is not { } key) return NoRoute(dispute.Circle, dispute.Epoch);
        int first = Leaves.Count;
        foreach (Entry entry in request.Entries(State))
        {
            ulong index = AddLeaf(entry, dispute.Circle, dispute.Epoch, key, null);
            if (entry.ContentCase == Entry.ContentOneofCase.RecordWithdrawn) _withdrawals.Add((dispute.Record, index));
            else dispute = entry.RecordDisputed is { } disputed ? dispute.After(index, disputed) : dispute.After(index, RecordDisputeResolved.Parser.ParseFrom(entry.RecordDisputeResolved.Body));
        }

        _disputes.Add(request.Dispute with { State = dispute });
        int last = Leaves.Count;
        _completions.Add(receiptOf => request.Complete([.. Leaves[first..last].Select(receiptOf)]));
        return null;
    }

    private ulong AddLeaf(Entry entry, CircleId circle, uint epoch, RouteKey key, byte[]? item) => AddLeaf(entry.ContentCase, entry.ToByteArray(), circle, epoch, key, item);

    private ulong AddLeaf(Entry.ContentOneofCase kind, byte[] entry, CircleId? circle, uint epoch, RouteKey? key, byte[]? item)
    {
        ulong index = NextIndex;
        Leaves.Add(new BrokerLeaf(index, [], NextSalt(), entry, kind, circle, epoch, item)); // HashLeaves has the rest.
        _routes.Add(key);
        return index;
    }

    // Many at once: the generator costs by the call.
    private byte[] NextSalt()
    {
        if (_salts.IsEmpty) _salts = random.GetBytes(SaltsAtOnce * LeafData.SaltSize);
        byte[] salt = _salts.Span[..LeafData.SaltSize].ToArray();
        _salts = _salts[LeafData.SaltSize..];
        return salt;
    }

    private RouteKey? FindRouteKey(CircleId circle, uint epoch) =>
        RouteKeys.Find(key => key.Circle == circle && key.Epoch == epoch) is { } begun ? new RouteKey(begun.Key) : view.FindRouteKey(circle, epoch);

    private bool DisclosesRole(NetworkCircle circle) => circle.Policy.DisclosesRole && circle.Policy.PublishingRoles.All(role =>
        circle.Members.Count(id => State.Members.TryGetValue(id, out NetworkMember? member) && member.Role == role) >= PublishersThatHideARole);

    private static Refusal NoRoute(CircleId circle, uint epoch) => Refusal.Precondition(
        "ROUTE_KEY_MISSING", $"The broker has no routing key for epoch {epoch} of the circle.", $"circle {circle.Prefix}", "The circle's steward has to make a new epoch.");
}
