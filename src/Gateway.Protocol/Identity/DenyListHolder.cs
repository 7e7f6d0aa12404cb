using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Cryptography;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Protocol.Identity;

/// <summary>
/// The list of denied certificates that a verifier holds: signed by the log key, with a number that only rises and an end. What the newest list denies stays denied after its end. Safe to use
/// from several threads at once.
/// </summary>
/// <param name="genesisHash">SHA-256 of the Genesis entry's bytes.</param>
/// <param name="logKey">The log key that Genesis names.</param>
/// <param name="time">Clock.</param>
public sealed class DenyListHolder(ReadOnlyMemory<byte> genesisHash, VerifyingKey logKey, TimeProvider time)
{
    /// <summary>Longest body in bytes.</summary>
    public const int MaximumBody = 512 * 1_024;

    /// <summary>Most certificates, and most members, in a list.</summary>
    public const int MaximumEntries = 10_000;

    private volatile Held _held = new(new DenyList(), [], []);

    /// <summary>Number of the list held; 0 before the first.</summary>
    public ulong Number => _held.List.Number;

    /// <summary>Whether the list held has ended, or there is none: a newer one should have come.</summary>
    public bool IsStale => time.GetUtcNow().ToUnixTimeSeconds() >= _held.List.ExpiresAt;

    /// <summary>Signs a list.</summary>
    public static SignedDenyList Sign(DenyList list, ReadOnlySpan<byte> genesisHash, SigningKey logKey)
    {
        byte[] body = list.ToByteArray();
        return new SignedDenyList { Body = ByteString.CopyFrom(body), Signature = ByteString.CopyFrom(logKey.Sign(Message(body, genesisHash))) };
    }

    /// <summary>SHA-256 of a certificate's subject public key info: 32 bytes.</summary>
    public static byte[] KeyHash(X509Certificate2 certificate) => SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo());

    /// <summary>Takes a list in place of the one held.</summary>
    /// <returns>Null, or why it was not taken.</returns>
    public Refusal? Accept(SignedDenyList? shown) => Take(shown, mayHaveEnded: false);

    /// <summary>Takes the list that this verifier itself kept over a restart, ended or not: a number once seen is not forgotten.</summary>
    /// <returns>Null, or why it was not taken.</returns>
    public Refusal? Resume(SignedDenyList? shown) => Take(shown, mayHaveEnded: true);

    /// <summary>Whether a certificate is denied, by its key or by its member.</summary>
    /// <param name="certificate">The certificate, or null.</param>
    /// <param name="member">The member it names, or null.</param>
    public bool IsDenied(X509Certificate2? certificate, MemberId? member)
    {
        Held held = _held;
        return (member is { } id && held.Members.Contains(id)) || (certificate is not null && held.Keys.Count > 0 && held.Keys.Contains(Convert.ToHexString(KeyHash(certificate))));
    }

    private Refusal? Take(SignedDenyList? shown, bool mayHaveEnded)
    {
        if (!TryRead(shown, out DenyList? list)) return Refusal.DataLoss("DENY_LIST_UNREADABLE", "The list of denied certificates cannot be read, or is not signed by the log key.", "deny list", "Tell the broker's operator.");
        if (!mayHaveEnded && time.GetUtcNow().ToUnixTimeSeconds() >= list.ExpiresAt)
        {
            return Refusal.Precondition("DENY_LIST_EXPIRED", "The list of denied certificates has ended.", $"number {list.Number}", "Check this machine's clock; if it is right, tell the broker's operator.");
        }

        Held before, after = new(list, [.. list.KeyHashes.Select(hash => Convert.ToHexString(hash.Span))], [.. list.MemberIds.Select(id => MemberId.FromBytes(id.Span))]);
        do
        {
            before = _held;
            if (list.Number == before.List.Number && list.Equals(before.List)) return null;
            if (list.Number <= before.List.Number)
            {
                return Refusal.DataLoss("DENY_LIST_ROLLED_BACK", $"The list of denied certificates has number {list.Number}, and this verifier has seen number {before.List.Number}.", "deny list", "Tell the broker's operator: somebody shows an old list.");
            }
        }
        while (Interlocked.CompareExchange(ref _held, after, before) != before);
        return null;
    }

    private bool TryRead(SignedDenyList? shown, [NotNullWhen(true)] out DenyList? list)
    {
        list = null;
        if (shown is null || shown.Body.Length > MaximumBody || shown.Signature.Length != SigningKey.SignatureSize) return false;
        if (!logKey.Verify(Message(shown.Body.Span, genesisHash.Span), shown.Signature.Span)) return false;
        try
        {
            DenyList read = DenyList.Parser.ParseFrom(shown.Body);
            bool holds = read.Number > 0 && read.KeyHashes.Count <= MaximumEntries && read.MemberIds.Count <= MaximumEntries
                && read.KeyHashes.All(hash => hash.Length == SHA256.HashSizeInBytes) && read.MemberIds.All(id => id.Length == MemberId.Size);
            list = holds ? read : null;
            return holds;
        }
        catch (InvalidProtocolBufferException)
        {
            return false;
        }
    }

    private static ReadOnlySpan<byte> Message(ReadOnlySpan<byte> body, ReadOnlySpan<byte> genesisHash) =>
        new CanonicalWriter().Label("gateway/v1/deny-list").Bytes(genesisHash).Prefixed(body).Written;

    private sealed record Held(DenyList List, HashSet<string> Keys, HashSet<MemberId> Members);
}
