using Gateway.Cryptography;
using Gateway.Ledger;

namespace Gateway.Protocol.Log;

/// <summary>The note key of a member that cosigns checkpoints (C2SP cosignature/v1): its node key, under the name <c>network/members/member-id</c>, which tells a stranger nothing but that there is such a member.</summary>
public sealed class Cosigner : INoteVerifier
{
    private readonly VerifyingKey _key;

    /// <summary>The cosigner that a member is.</summary>
    public Cosigner(string network, MemberId member, VerifyingKey nodeKey)
    {
        Member = member;
        _key = nodeKey;
        Key = new NoteKey(NameOf(network, member), NoteKey.CosignatureV1, nodeKey.ToArray());
    }

    /// <summary>The member.</summary>
    public MemberId Member { get; }

    /// <summary>The key as a C2SP verifier key.</summary>
    public NoteKey Key { get; }

    /// <inheritdoc/>
    public string KeyName => Key.Name;

    /// <inheritdoc/>
    public uint KeyHash => Key.Id;

    /// <summary>The name of a member's key.</summary>
    public static string NameOf(string network, MemberId member) => $"{network}/members/{member}";

    /// <summary>The member whose key has this name; false for a name of another kind.</summary>
    public static bool TryReadName(string network, string name, out MemberId member)
    {
        member = default;
        string prefix = $"{network}/members/";
        return name.StartsWith(prefix, StringComparison.Ordinal) && MemberId.TryParse(name[prefix.Length..], out member) && NameOf(network, member) == name;
    }

    /// <inheritdoc/>
    public bool Verify(ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature) => Cosignature.TrySplit(signature, out long time, out ReadOnlySpan<byte> ed25519) && _key.Verify(Cosignature.Message(time, text), ed25519);
}

/// <summary>Cosigns checkpoints with a member's node key.</summary>
public sealed class CosignatureSigner(string network, MemberId member, SigningKey nodeKey, TimeProvider time) : INoteSigner
{
    private readonly NoteKey _key = new(Cosigner.NameOf(network, member), NoteKey.CosignatureV1, nodeKey.PublicKey.ToArray());

    /// <inheritdoc/>
    public string KeyName => _key.Name;

    /// <inheritdoc/>
    public uint KeyHash => _key.Id;

    /// <inheritdoc/>
    public byte[] Sign(ReadOnlySpan<byte> text)
    {
        long now = time.GetUtcNow().ToUnixTimeSeconds();
        return Cosignature.Join(now, nodeKey.Sign(Cosignature.Message(now, text)));
    }
}

/// <summary>A checkpoint that the log signed, with one member's cosignature that holds.</summary>
/// <param name="Member">Who cosigned.</param>
/// <param name="Checkpoint">What.</param>
/// <param name="At">When, by the cosigner's clock.</param>
/// <param name="Note">The log's signature and this cosignature alone, as a note.</param>
public sealed record CosignedCheckpoint(MemberId Member, Checkpoint Checkpoint, DateTimeOffset At, SignedNote Note)
{
    /// <summary>The cosignature's line.</summary>
    public NoteSignature Signature => Note.Signatures[^1];

    /// <summary>Reads a note of one cosignature.</summary>
    /// <param name="note">The note.</param>
    /// <param name="log">The log's key.</param>
    /// <param name="network">The network.</param>
    /// <param name="nodeKeyOf">A member's node key; null where there is no such member.</param>
    /// <param name="fault">What is wrong with it.</param>
    public static CosignedCheckpoint? Open(ReadOnlySpan<byte> note, LogVerifier log, string network, Func<MemberId, VerifyingKey?> nodeKeyOf, out string? fault)
    {
        Checkpoint? checkpoint = log.Open(note, out fault);
        if (checkpoint is null || !SignedNote.TryParse(note, out SignedNote? parsed, out fault)) return null;
        NoteSignature[] others = [.. parsed.Signatures.Where(signature => signature.KeyName != log.KeyName)];
        if (others is not [NoteSignature one])
        {
            fault = $"The checkpoint has {others.Length} cosignatures where one is expected.";
            return null;
        }

        if (!Cosigner.TryReadName(network, one.KeyName, out MemberId member) || nodeKeyOf(member) is not { } key)
        {
            fault = "The checkpoint is cosigned under a name that is no member's.";
            return null;
        }

        Cosigner cosigner = new(network, member, key);
        if (!parsed.IsSignedBy(cosigner) || !Cosignature.TrySplit(one.Signature, out long time, out _) || !TryTime(time, out DateTimeOffset at))
        {
            fault = "The cosignature does not hold.";
            return null;
        }

        return new CosignedCheckpoint(member, checkpoint, at, parsed);
    }

    private static bool TryTime(long seconds, out DateTimeOffset at)
    {
        bool fits = seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds();
        at = fits ? DateTimeOffset.FromUnixTimeSeconds(seconds) : default;
        return fits;
    }
}
