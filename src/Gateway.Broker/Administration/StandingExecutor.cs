using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;
using Google.Protobuf;

namespace Gateway.Broker.Administration;

/// <summary>Suspends, reinstates or expels a member: one entry. What the log then allows, <see cref="NetworkState.TryApply"/> decides, here as at every node.</summary>
internal sealed class StandingExecutor : IChangeExecutor
{
    private readonly Func<Change, (ByteString Member, MembershipReason Reason, Entry Entry)> _read;

    private StandingExecutor(Change.KindOneofCase kind, Func<Change, (ByteString Member, MembershipReason Reason, Entry Entry)> read)
    {
        Kind = kind;
        _read = read;
    }

    public static StandingExecutor Suspension { get; } = new(Change.KindOneofCase.Suspension, change => (change.Suspension.MemberId, change.Suspension.Reason,
        new Entry { MemberSuspended = new MemberSuspended { MemberId = change.Suspension.MemberId, Reason = change.Suspension.Reason } }));

    public static StandingExecutor Reinstatement { get; } = new(Change.KindOneofCase.Reinstatement, change => (change.Reinstatement.MemberId, change.Reinstatement.Reason,
        new Entry { MemberReinstated = new MemberReinstated { MemberId = change.Reinstatement.MemberId, Reason = change.Reinstatement.Reason } }));

    public static StandingExecutor Expulsion { get; } = new(Change.KindOneofCase.Expulsion, change => (change.Expulsion.MemberId, change.Expulsion.Reason,
        new Entry { MemberExpelled = new MemberExpelled { MemberId = change.Expulsion.MemberId, Reason = change.Expulsion.Reason } }));

    public Change.KindOneofCase Kind { get; }

    public ValueTask<Refusal?> CheckAsync(Change change, NetworkState state, CancellationToken cancellation) => ValueTask.FromResult(Check(change, state));

    public ValueTask<ChangeEffect> PrepareAsync(Change change, StoredChange stored, NetworkState state, CancellationToken cancellation) =>
        ValueTask.FromResult(new ChangeEffect { Entries = [_read(change).Entry] });

    private Refusal? Check(Change change, NetworkState state)
    {
        (ByteString bytes, MembershipReason reason, Entry entry) = _read(change);
        if (!MemberId.TryFromBytes(bytes.Span, out MemberId member) || !state.Members.ContainsKey(member))
        {
            return Refusal.NotFound("MEMBER_NOT_FOUND", "The network has no member with this id.", "member_id", "List the members with 'gateway member list'.");
        }

        if (reason is <= MembershipReason.Unspecified or > MembershipReason.Settled) return Refusal.Invalid("REASON_INVALID", "The change names no reason of the protocol.", "reason", "Name one of the reasons.");
        return state.TryApply(entry, entry.ToByteArray(), out _) is { } contradiction
            ? Refusal.Precondition("STANDING_UNCHANGED", contradiction, $"member {member.Prefix}", "See the member's standing with 'gateway member list'.")
            : null;
    }
}
