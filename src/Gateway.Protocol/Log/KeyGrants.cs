using Gateway.Cryptography;
using Gateway.Protocol.Keys;
using Gateway.Protocol.V1;

namespace Gateway.Protocol.Log;

/// <summary>What must hold of a KeyGrant (protocol §11): older epochs' keys for members of the circle, by steward and second member.</summary>
public static class KeyGrants
{
    /// <summary>Most keys in one grant.</summary>
    public const int MostKeys = 1_024;

    /// <summary>Length of a sealed key.</summary>
    public const int SealedKeySize = CircleKey.Size + BoxPublicKey.SealOverhead;

    /// <summary>Adds a grant to its circle; null, or why it contradicts the state.</summary>
    internal static string? TryAdd(NetworkState state, SignedStatement statement, out NetworkCircle? changed)
    {
        changed = null;
        if (!Statements.TryRead(statement, KeyGrant.Parser, out KeyGrant? grant) || !CircleId.TryFromBytes(grant.CircleId.Span, out CircleId id)) return "A KeyGrant entry cannot be read.";
        if (!state.Circles.TryGetValue(id, out NetworkCircle? circle)) return $"Circle {id.Prefix} is not in the log.";

        // Of the current epoch alone: an old grant logged again would give keys to who has been removed and let in again since, without anybody's signature.
        if (circle.CurrentEpoch != grant.Epoch) return $"The grant in circle {id.Prefix} came with epoch {grant.Epoch}; the current one is {circle.CurrentEpoch}.";
        if (FaultOfKeys(grant, circle, circle.Members) is { } fault) return fault;
        if (!CircleSigners.AreTwo(state, circle, statement, nameof(KeyGrant))) return $"The grant in circle {id.Prefix} is not signed by the steward and a second member.";
        changed = circle with { Grants = [.. circle.Grants, grant] };
        return null;
    }

    /// <summary>What is wrong with a grant's keys, or null: each once, of epochs that are older than the grant's and exist, for members, 80 bytes.</summary>
    /// <param name="grant">The grant.</param>
    /// <param name="circle">The circle.</param>
    /// <param name="members">Its members when the grant is in force.</param>
    public static string? FaultOfKeys(KeyGrant grant, NetworkCircle circle, IReadOnlySet<MemberId> members)
    {
        if (grant.GrantedKeys.Count is 0 or > MostKeys) return $"The grant in circle {circle.Id.Prefix} has {grant.GrantedKeys.Count} keys.";
        HashSet<(MemberId, uint)> given = [];
        foreach (GrantedKey key in grant.GrantedKeys)
        {
            if (!MemberId.TryFromBytes(key.MemberId.Span, out MemberId member) || !members.Contains(member)) return $"The grant in circle {circle.Id.Prefix} names somebody who is not a member of it.";
            if (key.Epoch >= grant.Epoch || !circle.Epochs.ContainsKey(key.Epoch)) return $"The grant in circle {circle.Id.Prefix} gives epoch {key.Epoch}, which is not an older one.";
            if (key.SealedKey.Length != SealedKeySize) return $"The grant in circle {circle.Id.Prefix} holds a sealed key of another length.";
            if (!given.Add((member, key.Epoch))) return $"The grant in circle {circle.Id.Prefix} gives a key twice.";
        }

        return null;
    }
}
