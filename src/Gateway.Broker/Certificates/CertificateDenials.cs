using Gateway.Broker.Sequencing;
using Gateway.Cryptography;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;
using Google.Protobuf;
using Microsoft.Extensions.Logging;

namespace Gateway.Broker.Certificates;

/// <summary>The broker's list of denied certificates: signs a new one with each denial and each change of a member's standing, and before the old one ends.</summary>
public sealed class CertificateDenials
{
    /// <summary>How long a list holds; a new one is signed at half of it.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    private readonly ICertificateStore _store;
    private readonly NetworkView _view;
    private readonly SigningKey _logKey;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly KeyedLock<string> _signing = new();
    private volatile SignedDenyList _current;

    private CertificateDenials(ICertificateStore store, NetworkView view, SigningKey logKey, SignedDenyList current, TimeProvider time, ILogger log)
    {
        _store = store;
        _view = view;
        _logKey = logKey;
        _current = current;
        _time = time;
        _log = log;
        Holder = new DenyListHolder(view.Current.GenesisHash, logKey.PublicKey, time);
    }

    /// <summary>Says what is denied.</summary>
    public DenyListHolder Holder { get; }

    /// <summary>The list in force.</summary>
    public SignedDenyList Current => _current;

    /// <summary>Takes up the list of the store, and signs a newer one where that is due.</summary>
    /// <exception cref="Gateway.Storage.StoreCorruptException">The stored list is not this log's.</exception>
    public static async ValueTask<CertificateDenials> LoadAsync(ICertificateStore store, NetworkView view, SigningKey logKey, TimeProvider time, ILogger log, CancellationToken cancellation)
    {
        StoredDenyList? stored = await store.ReadDenyListAsync(cancellation).ConfigureAwait(false);
        SignedDenyList current = stored is null ? new SignedDenyList() : new SignedDenyList { Body = ByteString.CopyFrom(stored.Body), Signature = ByteString.CopyFrom(stored.Signature) };
        CertificateDenials denials = new(store, view, logKey, current, time, log);
        if (stored is not null && denials.Holder.Resume(current) is not null) throw new Gateway.Storage.StoreCorruptException("deny_lists", stored.Number.ToString(System.Globalization.CultureInfo.InvariantCulture));
        await denials.KeepFreshAsync(cancellation).ConfigureAwait(false);
        return denials;
    }

    /// <summary>Denies a certificate that this broker has issued, and every other of its key.</summary>
    /// <param name="serial">Its serial number.</param>
    /// <param name="reason">For the operators.</param>
    /// <param name="operatorName">Who denies it.</param>
    /// <param name="cancellation">Cancels the work.</param>
    /// <returns>Number of the list that has it.</returns>
    /// <exception cref="RefusalException">CERTIFICATE_UNKNOWN, REASON_INVALID.</exception>
    public async Task<ulong> DenyAsync(ByteString serial, string reason, string operatorName, CancellationToken cancellation)
    {
        if (System.Text.Encoding.UTF8.GetByteCount(reason) is 0 or > 512) throw new RefusalException(Refusal.Invalid("REASON_INVALID", "A denial has a reason of 1 to 512 bytes.", "reason", "Say why, for the other operators."));
        StoredCertificate certificate = (await _store.ReadIssuedAsync(cancellation).ConfigureAwait(false)).FirstOrDefault(issued => issued.Serial.AsSpan().TrimStart((byte)0).SequenceEqual(serial.Span.TrimStart((byte)0)))
            ?? throw new RefusalException(Refusal.NotFound("CERTIFICATE_UNKNOWN", "The broker has issued no certificate with this serial number that has not ended.", "serial", "See `gateway certificate list`."));
        await _store.DenyAsync(new DeniedCertificate(certificate.KeyHash, certificate.Name, operatorName, reason, _time.GetUtcNow(), certificate.NotAfter), cancellation).ConfigureAwait(false);
        await SignAsync(cancellation).ConfigureAwait(false);
        Log.CertificateDenied(_log, operatorName, certificate.Name);
        return Holder.Number;
    }

    /// <summary>Signs a new list where the present one is half over, or does not say what the log says of members.</summary>
    public async Task KeepFreshAsync(CancellationToken cancellation)
    {
        DenyList list = DenyList.Parser.ParseFrom(_current.Body);
        DateTimeOffset issued = DateTimeOffset.FromUnixTimeSeconds(list.IssuedAt);
        bool isYoung = list.Number > 0 && _time.GetUtcNow() < issued + (Lifetime / 2);
        if (!isYoung || !list.MemberIds.SequenceEqual(DeniedMembers(_view.Current))) await SignAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>Takes up a newer list that another broker on the same store has signed.</summary>
    public async Task FollowAsync(CancellationToken cancellation)
    {
        using KeyedLock<string>.Holding held = await _signing.EnterAsync("", cancellation).ConfigureAwait(false);
        if (await _store.ReadDenyListAsync(cancellation).ConfigureAwait(false) is not { } stored || stored.Number <= Holder.Number) return;
        SignedDenyList next = new() { Body = ByteString.CopyFrom(stored.Body), Signature = ByteString.CopyFrom(stored.Signature) };
        if (Holder.Accept(next) is null) _current = next;
    }

    private async Task SignAsync(CancellationToken cancellation)
    {
        using KeyedLock<string>.Holding held = await _signing.EnterAsync("", cancellation).ConfigureAwait(false);
        DateTimeOffset now = _time.GetUtcNow();
        DenyList list = new() { IssuedAt = now.ToUnixTimeSeconds(), ExpiresAt = (now + Lifetime).ToUnixTimeSeconds() };
        list.KeyHashes.AddRange((await _store.ReadDeniedAsync(now, cancellation).ConfigureAwait(false)).Select(denied => ByteString.CopyFrom(denied.KeyHash)));
        list.MemberIds.AddRange(DeniedMembers(_view.Current));
        SignedDenyList next;
        do
        {
            // Another broker on this store may have signed the next number meanwhile: the store gives it to one of them.
            list.Number = ((await _store.ReadDenyListAsync(cancellation).ConfigureAwait(false))?.Number ?? 0) + 1;
            next = DenyListHolder.Sign(list, _view.Current.GenesisHash.Span, _logKey);
        }
        while (!await _store.TryAddDenyListAsync(new StoredDenyList(list.Number, next.Body.ToByteArray(), next.Signature.ToByteArray()), cancellation).ConfigureAwait(false));
        if (Holder.Accept(next) is { } fault) throw new RefusalException(fault);
        _current = next;
        Log.DenyListIssued(_log, list.Number, list.KeyHashes.Count, list.MemberIds.Count);
    }

    // Suspended ones are refused by the log's state and come back with their certificates; who is gone is gone for good.
    private static IEnumerable<ByteString> DeniedMembers(NetworkState state) =>
        state.Members.Values.Where(member => member.IsGone).Select(member => member.Id).Order().Select(id => ByteString.CopyFrom(id.ToArray()));
}
