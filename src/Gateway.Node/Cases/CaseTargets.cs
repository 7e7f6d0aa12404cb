using System.Diagnostics.CodeAnalysis;
using Gateway.Cryptography;
using Gateway.Node.Feed;
using Gateway.Protocol;
using Gateway.Protocol.Cases;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Storage.Node;
using Google.Protobuf;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Cases;

/// <summary>Where a message goes: its case, and to which key it is sealed.</summary>
/// <param name="Row">The case; without a number where it is new.</param>
/// <param name="Content">What is known of it.</param>
/// <param name="Kind">Which key signs.</param>
public sealed record CaseTarget(StoredCase Row, V1.RememberedCase Content, CaseMessageKind Kind)
{
    /// <summary>The other end's member id, hex; null for the unnamed contributor.</summary>
    public string? OtherEnd => Content.MemberId.IsEmpty ? null : Convert.ToHexStringLower(Content.MemberId.Span);
}

/// <summary>Finds the other end of a new case by this node's own log and records.</summary>
public sealed class CaseTargets(INodeStore store, CaseVault vault, OwnRecords own, MemberId member, RandomSource random, Func<NodeView> view, TimeProvider time)
{
    /// <summary>A new case about a record of somebody else's.</summary>
    /// <exception cref="RefusalException">There is no such record here, it has ended, or it is this member's own.</exception>
    public async Task<CaseTarget> OpenAsync(RecordId id, CancellationToken cancellation)
    {
        if (own.Contains(id)) throw new RefusalException(Refusal.Invalid("CASE_OWN_RECORD", "The record is this member's own.", $"record {id.Prefix}", "There is nobody to ask."));
        NodeRecord record = await store.FindRecordAsync(id, cancellation) ?? throw Unknown(id);
        (_, V1.Summary summary) = Reopen(record) ?? throw (record.State is NodeRecordState.Withdrawn or NodeRecordState.Expired
            ? new RefusalException(Refusal.Precondition("CASE_RECORD_ENDED", "The record was withdrawn or has expired: its cases are closed.", $"record {id.Prefix}", "There is nothing left to ask about."))
            : Unknown(id));
        if (!BoxPublicKey.TryFromBytes(summary.ReplyPk.Span, out _))
        {
            throw new RefusalException(Refusal.Precondition("CASE_NO_REPLY_KEY", "The record names no key for questions.", $"record {id.Prefix}", "Nobody can be asked about it."));
        }

        V1.RememberedCase content = new() { RecordPk = ByteString.CopyFrom(record.RecordKey), RecipientPk = summary.ReplyPk, CircleId = record.Circle.ToByteString() };
        return New(id, V1.CaseRole.Asker, content, CaseMessageKind.Question);
    }

    /// <summary>A new case that refers another one to a police member.</summary>
    /// <exception cref="RefusalException">There is no such police member.</exception>
    public CaseTarget Refer(StoredCase referred, V1.RememberedCase content, string to)
    {
        NetworkState state = view().State;
        NetworkMember? police = MemberId.TryParse(to, out MemberId id) ? state.Members.GetValueOrDefault(id) : state.Members.Values.FirstOrDefault(one => one.Name == to && !one.IsGone);
        if (police is null || police.IsGone || police.Role != V1.MemberRole.Police || police.Id == member)
        {
            throw new RefusalException(Refusal.Denied("CASE_NOT_POLICE", "A case is referred to a police member.", "to", "See `gateway member list`; take a member of role POLICE."));
        }

        V1.RememberedCase next = new() { RecordPk = content.RecordPk, MemberId = police.Id.ToByteString(), RecipientPk = ByteString.CopyFrom(police.BoxKey.ToArray()) };
        return New(referred.Record, V1.CaseRole.Referrer, next, CaseMessageKind.Referral);
    }

    /// <summary>The next message of a case that exists.</summary>
    public CaseTarget Continue(StoredCase row) => new(row, vault.Open(row), (V1.CaseRole)row.Role switch
    {
        V1.CaseRole.Asker => CaseMessageKind.Question,
        V1.CaseRole.Contributor => CaseMessageKind.Answer,
        _ => CaseMessageKind.Referral,
    });

    /// <summary>What the circle sees of a record that is held here; null where that is gone.</summary>
    public byte[]? FindSummary(NodeRecord? record) => record is not null && Reopen(record) is { } open ? open.Summary.ToByteArray() : null;

    private (CircleKey Key, V1.Summary Summary)? Reopen(NodeRecord record) =>
        record.State == NodeRecordState.Live && record.Item is not null && view().Keyring.Find(record.Circle, record.Epoch) is { } key && RecordOpener.TryReopen(key, record.Id, record.Item, out UnwrappedRecord? open, out _)
            ? (key, open.Summary)
            : null;

    private CaseTarget New(RecordId record, V1.CaseRole role, V1.RememberedCase content, CaseMessageKind kind)
    {
        ThreadId thread = ThreadId.FromBytes(random.GetBytes(ThreadId.Size));
        DateTimeOffset now = time.GetUtcNow();
        return new CaseTarget(new StoredCase { Thread = thread, Role = (int)role, Record = record, Sealed = vault.Seal(thread, content), OpenedAt = now, ChangedAt = now }, content, kind);
    }

    private static RefusalException Unknown(RecordId id) => new(Refusal.NotFound("RECORD_UNKNOWN", "This node holds no such record.", $"record {id.Prefix}", "Copy the id from the hit, or from `gateway records --json`."));
}
