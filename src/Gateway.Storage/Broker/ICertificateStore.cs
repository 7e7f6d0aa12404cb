namespace Gateway.Storage.Broker;

/// <summary>The certificates that a broker has issued, which of them are denied, and the signed list of those.</summary>
public interface ICertificateStore
{
    /// <summary>Keeps a certificate before it is handed out; the ones of its holder that had ended by then go.</summary>
    ValueTask AddIssuedAsync(StoredCertificate certificate, CancellationToken cancellation);

    /// <summary>Certificates issued, by name and time of issue, oldest first.</summary>
    ValueTask<IReadOnlyList<StoredCertificate>> ReadIssuedAsync(CancellationToken cancellation);

    /// <summary>Denies a key; again it changes nothing.</summary>
    ValueTask DenyAsync(DeniedCertificate denied, CancellationToken cancellation);

    /// <summary>Denied keys whose certificates have not all ended, in order of denial.</summary>
    ValueTask<IReadOnlyList<DeniedCertificate>> ReadDeniedAsync(DateTimeOffset now, CancellationToken cancellation);

    /// <summary>Keeps a signed list.</summary>
    /// <returns>False, and nothing has happened, where a list with this number or a higher one is there.</returns>
    ValueTask<bool> TryAddDenyListAsync(StoredDenyList list, CancellationToken cancellation);

    /// <summary>The list with the highest number, or null.</summary>
    ValueTask<StoredDenyList?> ReadDenyListAsync(CancellationToken cancellation);
}

/// <summary>A certificate that was issued.</summary>
/// <param name="Serial">Serial number, big-endian, 1 to 20 bytes.</param>
/// <param name="Name">Its URI name.</param>
/// <param name="KeyHash">SHA-256 of its subject public key info, 32 bytes.</param>
/// <param name="Authority">SHA-256 of the authority's certificate, 32 bytes.</param>
/// <param name="IssuedAt">When.</param>
/// <param name="NotAfter">When it ends.</param>
public sealed record StoredCertificate(byte[] Serial, string Name, byte[] KeyHash, byte[] Authority, DateTimeOffset IssuedAt, DateTimeOffset NotAfter);

/// <summary>A key none of whose certificates is accepted.</summary>
/// <param name="KeyHash">SHA-256 of the subject public key info, 32 bytes.</param>
/// <param name="Name">URI name of the certificate that was denied.</param>
/// <param name="Operator">Operator who denied it.</param>
/// <param name="Reason">Why, for the operators.</param>
/// <param name="DeniedAt">When.</param>
/// <param name="Until">When the certificate ends: it need not stand in a list after that.</param>
public sealed record DeniedCertificate(byte[] KeyHash, string Name, string Operator, string Reason, DateTimeOffset DeniedAt, DateTimeOffset Until);

/// <summary>A signed list of denied certificates.</summary>
/// <param name="Number">1 upwards.</param>
/// <param name="Body">DenyList, as signed.</param>
/// <param name="Signature">By the log key, 64 bytes.</param>
public sealed record StoredDenyList(ulong Number, byte[] Body, byte[] Signature);
