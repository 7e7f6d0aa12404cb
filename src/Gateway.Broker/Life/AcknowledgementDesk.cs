using System.Collections.Concurrent;
using Gateway.Broker.Access;
using Gateway.Broker.Observation;
using Gateway.Broker.Sequencing;
using Gateway.Ledger;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;
using Google.Protobuf;
using Microsoft.Extensions.Logging;

namespace Gateway.Broker.Life;

/// <summary>
/// Takes members' acknowledgements, compares what they state, and says who has not acknowledged what, for how long: to members in counts and ages, to operators by name. Keeps the newest
/// acknowledgement of each member in memory as in the store.
/// </summary>
public sealed class AcknowledgementDesk(
    NetworkView view, IBrokerStore store, FeedActivity feeds, PeerActivity activity, TimeProvider time, ILogger<AcknowledgementDesk> log)
{
    /// <summary>The circle's time limit where its policy states none, hours. The goal for a node that is connected is 5 minutes.</summary>
    public const uint DefaultLimitHours = 24;

    private const int MostCircles = 1_024, MostRecords = 512;

    // More than are ever kept: what is over the limit is forgotten as soon as it is.
    private const int AllFindings = 1_000;

    // Older ends are overdue whatever their age.
    private static readonly TimeSpan MilestoneLife = TimeSpan.FromDays(400);

    private readonly ConcurrentDictionary<MemberId, Acknowledged> _newest = new();
    private readonly Lock _lock = new();
    private List<LogMilestone> _milestones = [];
    private ulong _noted;

    /// <summary>Reads what is kept. Once, before anything else.</summary>
    public async Task LoadAsync(CancellationToken cancellation)
    {
        foreach (StoredAcknowledgement stored in await store.ListAcknowledgementsAsync(cancellation).ConfigureAwait(false)) _newest[stored.Member] = Acknowledged.Read(stored);
        await store.ForgetMilestonesAsync(time.GetUtcNow() - MilestoneLife, cancellation).ConfigureAwait(false);
        IReadOnlyList<LogMilestone> milestones = await store.ReadMilestonesAsync(cancellation).ConfigureAwait(false);
        lock (_lock) _milestones = [.. milestones];
        _noted = milestones.Count > 0 ? milestones[^1].Size : 0;
    }

    /// <summary>Takes up what other brokers on the same store have taken.</summary>
    public async Task FollowAsync(CancellationToken cancellation)
    {
        foreach (StoredAcknowledgement stored in await store.ListAcknowledgementsAsync(cancellation).ConfigureAwait(false))
        {
            if (!_newest.TryGetValue(stored.Member, out Acknowledged? known) || known.Size < stored.Size) _newest[stored.Member] = Acknowledged.Read(stored);
        }
    }

    /// <summary>Notes that the log has a size, if records have ended since it was noted last.</summary>
    public async Task NoteAsync(ulong size, CancellationToken cancellation)
    {
        UtcDay day = view.Current.Day;
        LogMilestone? last;
        lock (_lock) last = _milestones.Count > 0 ? _milestones[^1] : null;
        if (size <= _noted) return;
        bool ended = last is null || last.Day != day || await store.ReadLastWithdrawalAsync(cancellation).ConfigureAwait(false) >= _noted;
        if (ended)
        {
            LogMilestone milestone = new(size, day, time.GetUtcNow());
            await store.AddMilestoneAsync(milestone, cancellation).ConfigureAwait(false);
            lock (_lock) _milestones.Add(milestone);
            if (last is not null && last.Day != day) await ForgetMilestonesAsync(milestone, cancellation).ConfigureAwait(false);
        }

        _noted = size;
    }

    /// <summary>Takes an acknowledgement.</summary>
    /// <exception cref="RefusalException">It is malformed, not signed by the member's node key, of circles that are not the member's, or of another log than this one.</exception>
    public async Task<AcknowledgeResponse> TakeAsync(MemberId member, AcknowledgeRequest request, CancellationToken cancellation)
    {
        NetworkState state = view.Current;
        Acknowledged taken = Acknowledged.Read(new StoredAcknowledgement(member, request.Size, request.ToByteArray(), time.GetUtcNow()), request);
        if (taken.Circles.Count != request.Circles.Count || taken.Circles.Count > MostCircles || !taken.Statement.IsOrdered || request.Root.Length != TreeHash.Size)
        {
            throw new RefusalException(Refusal.Invalid("ACKNOWLEDGEMENT_MALFORMED", $"An acknowledgement has a root of 32 bytes and at most {MostCircles:N0} circles in ascending order, none twice, with digests of 32 bytes.", "circles", "Send what the protocol says."));
        }

        if (!state.Members.TryGetValue(member, out NetworkMember? known) || !taken.Statement.IsSignedBy(known.NodeKey, request.Signature.Span))
        {
            throw new RefusalException(Refusal.Denied("ACKNOWLEDGEMENT_SIGNATURE", "The acknowledgement is not signed by the member's node key.", $"leaf {request.Size}", "Acknowledge from the node whose seed the member joined with."));
        }

        foreach (CircleId circle in taken.Circles.Keys)
        {
            if (!state.Circles.TryGetValue(circle, out NetworkCircle? joined) || !joined.MayRead(known)) throw new RefusalException(Refusal.Denied("NOT_IN_CIRCLE", "The member does not read in a circle that it acknowledges.", $"circle {circle.Prefix}", "Follow the log to its end and acknowledge again."));
        }

        await RequireOwnLogAsync(taken, cancellation).ConfigureAwait(false);
        if (_newest.TryGetValue(member, out Acknowledged? before) && before.Size > taken.Size) return new AcknowledgeResponse { Kept = AcknowledgeRequest.Parser.ParseFrom(before.Stored.Request) };
        await store.SaveAcknowledgementAsync(taken.Stored, cancellation).ConfigureAwait(false);
        Acknowledged kept = _newest.AddOrUpdate(member, taken, (_, other) => other.Size > taken.Size ? other : taken);
        AcknowledgeResponse response = new();
        foreach (CircleId circle in kept.Circles.Keys) await CompareAsync(member, circle, kept.Size, state, response, cancellation).ConfigureAwait(false);
        return response;
    }

    /// <summary>How far the ends of records have been carried out, in counts and ages.</summary>
    public async Task<GetDeletionsResponse> DescribeAsync(MemberId caller, GetDeletionsRequest request, CancellationToken cancellation)
    {
        if (request.RecordIds.Count > MostRecords) throw new RefusalException(Refusal.Invalid("TOO_MANY_RECORDS", $"The request names {request.RecordIds.Count} records, more than {MostRecords}.", "record_ids", "Ask in several requests."));
        GetDeletionsResponse response = new();
        foreach (ByteString id in request.RecordIds) response.Records.Add(await DescribeAsync(caller, id, cancellation).ConfigureAwait(false));
        return response;
    }

    /// <summary>Everything, by name.</summary>
    public async Task<ListAcknowledgementsResponse> ListAsync(bool overdueOnly, CancellationToken cancellation)
    {
        NetworkState state = view.Current;
        ListAcknowledgementsResponse response = new() { LogSize = _noted };
        foreach (NetworkCircle circle in state.Circles.Values.OrderBy(circle => circle.Policy.Name, StringComparer.Ordinal))
        {
            foreach (NetworkMember member in Readers(state, circle).OrderBy(member => member.Name, StringComparer.Ordinal))
            {
                MemberAcknowledgement line = await DescribeAsync(member, circle, state.Day, cancellation).ConfigureAwait(false);
                if (line.Overdue || !overdueOnly) response.Members.Add(line);
            }
        }

        response.Findings.AddRange((await store.ListFindingsAsync(FindingLimit.All, cancellation).ConfigureAwait(false)).Select(finding => DigestFinding.Parser.ParseFrom(finding.Finding)));
        return response;
    }

    private static uint LimitSeconds(NetworkCircle circle) => (circle.Policy.DeletionLimitHours is 0 ? DefaultLimitHours : circle.Policy.DeletionLimitHours) * 3_600;

    private static IEnumerable<NetworkMember> Readers(NetworkState state, NetworkCircle circle) =>
        circle.Members.Select(id => state.Members[id]).Where(member => circle.MayRead(member) && !member.IsGone);

    private async Task ForgetMilestonesAsync(LogMilestone newest, CancellationToken cancellation)
    {
        DateTimeOffset before = time.GetUtcNow() - MilestoneLife;
        await store.ForgetMilestonesAsync(before, cancellation).ConfigureAwait(false);
        lock (_lock) _milestones.RemoveAll(milestone => milestone.At < before && milestone != newest);
    }

    // A member that has computed another root follows another log, or its store is damaged. Either must be looked at.
    private async Task RequireOwnLogAsync(Acknowledged taken, CancellationToken cancellation)
    {
        ulong head = (await store.ReadHeadAsync(cancellation).ConfigureAwait(false))?.Size ?? 0;
        bool isOwn = taken.Size <= head && (taken.Size == 0 ? taken.Statement.Root == MerkleHash.EmptyRoot : TiledTree.Open(taken.Size, store).Root == taken.Statement.Root);
        if (isOwn) return;
        Log.AcknowledgementOfAnotherLog(log, taken.Stored.Member.Prefix, taken.Size, head);
        throw new RefusalException(Refusal.DataLoss("ACKNOWLEDGED_OTHER_LOG", $"The acknowledgement names a root of {taken.Size} leaves that this log, of {head}, does not have.", $"leaf {taken.Size}", "Run `gateway log verify` at the node; tell the broker's operator."));
    }

    private async Task CompareAsync(MemberId caller, CircleId circle, ulong size, NetworkState state, AcknowledgeResponse response, CancellationToken cancellation)
    {
        List<(Acknowledged Said, TreeHash Digest)> stated =
        [
            .. _newest.Values.Where(one => one.Size == size && one.Circles.ContainsKey(circle) && state.Members.TryGetValue(one.Stored.Member, out NetworkMember? member) && !member.IsGone)
                .Select(one => (one, one.Circles[circle])),
        ];
        if (stated.Select(one => one.Digest).Distinct().Count() < 2) return;
        IGrouping<TreeHash, (Acknowledged Said, TreeHash Digest)>[] ranked = [.. stated.GroupBy(one => one.Digest).OrderByDescending(group => group.Count())];
        IGrouping<TreeHash, (Acknowledged Said, TreeHash Digest)> expected = ranked[0];
        bool isTie = ranked[1].Count() == expected.Count();
        DigestFinding finding = new() { FoundAt = time.GetUtcNow().ToUnixTimeSeconds(), CircleId = circle.ToByteString(), CircleName = state.Circles[circle].Policy.Name, Size = size };
        finding.Stated.AddRange(stated.Select(one => new StatedDigest
        {
            MemberId = one.Said.Stored.Member.ToByteString(),
            MemberName = state.Members[one.Said.Stored.Member].Name,
            Digest = ByteString.CopyFrom(one.Digest.ToArray()),
            Acknowledgement = AcknowledgeRequest.Parser.ParseFrom(one.Said.Stored.Request),
        }));
        if (await store.SaveFindingAsync(new StoredFinding(circle, size, time.GetUtcNow(), finding.ToByteArray()), cancellation).ConfigureAwait(false))
        {
            Log.DigestsDiffer(log, circle.Prefix, size, expected.Count(), stated.Count - expected.Count());
            foreach (StoredFinding surplus in FindingLimit.SurplusOf(await store.ListFindingsAsync(AllFindings, cancellation).ConfigureAwait(false)))
            {
                await store.ForgetFindingAsync(surplus.Circle, surplus.Size, cancellation).ConfigureAwait(false);
            }
        }

        response.Differences.Add(new DigestDifference
        {
            CircleId = circle.ToByteString(),
            Size = size,
            Expected = isTie ? ByteString.Empty : ByteString.CopyFrom(expected.Key.ToArray()),
            ExpectedCount = (uint)expected.Count(),
            OtherCount = (uint)(stated.Count - expected.Count()),
            IsOwn = !isTie && expected.All(one => one.Said.Stored.Member != caller),
        });
    }

    private async Task<DeletionState> DescribeAsync(MemberId caller, ByteString recordId, CancellationToken cancellation)
    {
        DeletionState described = new() { RecordId = recordId };
        if (!RecordId.TryFromBytes(recordId.Span, out RecordId id) || await store.FindRecordAsync(id, cancellation).ConfigureAwait(false) is not { } record) return described;
        NetworkState state = view.Current;

        // Who may see the record's entry, or wrote it.
        if (record.Contributor != caller && !view.History.HoldsKey(record.Circle, record.Epoch, caller)) return described;
        if (EndOf(record) is not { } end) return described;
        NetworkCircle circle = state.Circles[record.Circle];
        NetworkMember[] readers = [.. Readers(state, circle)];
        NetworkMember[] waiting = [.. readers.Where(reader => !(_newest.TryGetValue(reader.Id, out Acknowledged? said) && said.Size > end.Index && said.Circles.ContainsKey(circle.Id)))];
        described.Ended = true;
        described.EndedAtIndex = end.Index;
        described.EndedAt = end.At.ToUnixTimeSeconds();
        described.Members = (uint)readers.Length;
        described.Acknowledged = (uint)(readers.Length - waiting.Length);
        described.LimitSeconds = LimitSeconds(circle);
        described.Waiting.AddRange(waiting.Select(Away).OrderByDescending(away => away.AwaySeconds));
        return described;
    }

    private DeletionWaiting Away(NetworkMember member)
    {
        bool online = IsOnline(member.Id);
        DateTimeOffset? seen = LastSeen(member.Id);
        return new DeletionWaiting { Online = online, AwaySeconds = online || seen is null ? 0 : (ulong)Math.Max(0, (time.GetUtcNow() - seen.Value).TotalSeconds) };
    }

    private bool IsOnline(MemberId member) => feeds.PositionOf(member, 0) is { Open: > 0 };

    private DateTimeOffset? LastSeen(MemberId member) => activity.LastSeen(member) ?? (_newest.TryGetValue(member, out Acknowledged? said) ? said.Stored.At : null);

    // Index that an acknowledgement must lie above, and when it was so.
    private (ulong Index, DateTimeOffset At)? EndOf(PublishedRecord record)
    {
        lock (_lock)
        {
            if (record.WithdrawnAt is { } at) return (at, TimeOf(at));
            return First(milestone => milestone.Day > record.Expiry) is { } expired ? (expired.Size - 1, expired.At) : null;
        }
    }

    private DateTimeOffset TimeOf(ulong index)
    {
        lock (_lock) return First(milestone => milestone.Size > index)?.At ?? time.GetUtcNow();
    }

    // Sizes and days rise together: of what holds of a milestone and of all after it, the first is found by halving. Under the lock.
    private LogMilestone? First(Func<LogMilestone, bool> holds)
    {
        int low = 0, high = _milestones.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (holds(_milestones[middle])) high = middle;
            else low = middle + 1;
        }

        return low < _milestones.Count ? _milestones[low] : null;
    }

    private async Task<MemberAcknowledgement> DescribeAsync(NetworkMember member, NetworkCircle circle, UtcDay day, CancellationToken cancellation)
    {
        Acknowledged? said = _newest.GetValueOrDefault(member.Id);
        bool states = said is not null && said.Circles.ContainsKey(circle.Id);
        ulong size = states ? said!.Size : 0;
        (long withdrawn, ulong? first) = await store.CountWithdrawalsAsync(circle.Id, size, cancellation).ConfigureAwait(false);
        UtcDay known = default;
        DateTimeOffset? sinceDay = null;
        lock (_lock)
        {
            known = _milestones.FindLast(milestone => milestone.Size <= size)?.Day ?? (_milestones.Count > 0 ? _milestones[0].Day : day);
            sinceDay = _milestones.Find(milestone => milestone.Day > known)?.At;
        }

        long expired = sinceDay is null ? 0 : await store.CountExpiredAsync(circle.Id, known, day, cancellation).ConfigureAwait(false);
        DateTimeOffset now = time.GetUtcNow();
        DateTimeOffset oldest = first is { } index ? TimeOf(index) : now;
        if (expired > 0 && sinceDay < oldest) oldest = sinceDay.Value;
        MemberAcknowledgement line = new()
        {
            MemberId = member.Joined.MemberId,
            MemberName = member.Name,
            CircleId = circle.Id.ToByteString(),
            CircleName = circle.Policy.Name,
            Size = size,
            AcknowledgedAt = states ? said!.Stored.At.ToUnixTimeSeconds() : 0,
            Outstanding = (ulong)(withdrawn + expired),
            OutstandingSeconds = (ulong)Math.Max(0, (now - oldest).TotalSeconds),
            LimitSeconds = LimitSeconds(circle),
            Online = IsOnline(member.Id),
            LastSeen = LastSeen(member.Id)?.ToUnixTimeSeconds() ?? 0,
        };
        if (states) line.Digest = ByteString.CopyFrom(said!.Circles[circle.Id].ToArray());
        line.Overdue = line.Outstanding > 0 && line.OutstandingSeconds > line.LimitSeconds;
        return line;
    }
}
