using System.Security.Cryptography;
using Gateway.Cryptography;
using Gateway.Protocol.V1;

namespace Gateway.Protocol.Log;

/// <summary>
/// What a member says of its own membership in a circle (protocol §11): nobody is added without its acceptance of the very policy in force, and neither an acceptance nor a departure
/// outlives the change it led to. One rule for the log's state, the broker, the steward and the second member.
/// </summary>
public static class CircleConsent
{
    /// <summary>SHA-256("gateway/v1/circle-policy" 00 ‖ the entry's bytes), 32 bytes.</summary>
    public static byte[] HashPolicy(ReadOnlySpan<byte> policyEntry) => SHA256.HashData(new CanonicalWriter().Label("gateway/v1/circle-policy").Bytes(policyEntry).Written);

    /// <summary>A member's acceptance of a circle's policy in force.</summary>
    /// <param name="state">The network.</param>
    /// <param name="circle">The circle.</param>
    /// <param name="member">Who accepts.</param>
    /// <param name="confirmed">The members that the first key is for: the steward's, before epoch 0; else empty.</param>
    /// <param name="key">The member key.</param>
    public static SignedStatement Accept(NetworkState state, NetworkCircle circle, MemberId member, IEnumerable<MemberId> confirmed, SigningKey key)
    {
        CircleAcceptance acceptance = new() { CircleId = circle.Id.ToByteString(), MemberId = member.ToByteString(), PolicyHash = Google.Protobuf.ByteString.CopyFrom(circle.PolicyHash.Span), Epoch = (uint)circle.Epochs.Count };
        acceptance.MemberIds.AddRange(confirmed.Order().Select(id => id.ToByteString()));
        return Statements.Sign(acceptance, state.GenesisHash.Span, member, key);
    }

    /// <summary>A member's departure from a circle.</summary>
    public static SignedStatement Leave(NetworkState state, NetworkCircle circle, MemberId member, SigningKey key) => Statements.Sign(
        new CircleDeparture { CircleId = circle.Id.ToByteString(), MemberId = member.ToByteString(), Epoch = (uint)circle.Epochs.Count }, state.GenesisHash.Span, member, key);

    /// <summary>Reads an acceptance that lets its member into a circle now.</summary>
    /// <returns>The acceptance; null, with the reason, when it does not count.</returns>
    public static CircleAcceptance? FindAcceptance(SignedStatement? statement, NetworkState state, NetworkCircle circle, out string fault)
    {
        if (statement is null || !Statements.TryRead(statement, CircleAcceptance.Parser, out CircleAcceptance? acceptance) || !MemberId.TryFromBytes(acceptance.MemberId.Span, out MemberId member))
        {
            fault = "the acceptance cannot be read";
            return null;
        }

        fault = FaultOf(statement, nameof(CircleAcceptance), acceptance.CircleId.Span, member, acceptance.Epoch, state, circle)
            ?? (acceptance.PolicyHash.Span.SequenceEqual(circle.PolicyHash.Span) ? "" : $"member {member.Prefix} accepted another policy");
        return fault.Length == 0 ? acceptance : null;
    }

    /// <summary>Reads a departure of a member that belongs to a circle now.</summary>
    /// <returns>Who leaves; null, with the reason, when it does not count.</returns>
    public static MemberId? FindDeparture(SignedStatement? statement, NetworkState state, NetworkCircle circle, out string fault)
    {
        if (statement is null || !Statements.TryRead(statement, CircleDeparture.Parser, out CircleDeparture? departure) || !MemberId.TryFromBytes(departure.MemberId.Span, out MemberId member))
        {
            fault = "the departure cannot be read";
            return null;
        }

        fault = FaultOf(statement, nameof(CircleDeparture), departure.CircleId.Span, member, departure.Epoch, state, circle)
            ?? (circle.Members.Contains(member) ? "" : $"member {member.Prefix} does not belong to the circle");
        return fault.Length == 0 ? member : null;
    }

    /// <summary>The members that a steward's acceptance says the first key is for.</summary>
    public static IReadOnlySet<MemberId> ConfirmedBy(CircleAcceptance acceptance) =>
        acceptance.MemberIds.Select(id => MemberId.TryFromBytes(id.Span, out MemberId member) ? member : default).ToHashSet();

    /// <summary>Whether something said when a circle had so many epochs is newer than the member's last change there.</summary>
    public static bool IsNewer(uint epoch, MemberId member, NetworkCircle circle) => !circle.LastChanges.TryGetValue(member, out uint changed) || epoch > changed;

    private static string? FaultOf(SignedStatement statement, string name, ReadOnlySpan<byte> circleId, MemberId member, uint epoch, NetworkState state, NetworkCircle circle)
    {
        if (!circleId.SequenceEqual(circle.Id.ToArray())) return $"member {member.Prefix} speaks of another circle";
        if (epoch > (uint)circle.Epochs.Count || !IsNewer(epoch, member, circle)) return $"what member {member.Prefix} says is of epoch {epoch}, from before its last change or ahead of the log";
        return Statements.ValidSigners(statement, name, state.GenesisHash.Span, id => id == member && state.Members.TryGetValue(id, out NetworkMember? known) ? known.MemberKey : null).Contains(member)
            ? null
            : $"member {member.Prefix} did not sign it itself";
    }
}
