using System.Net;
using System.Security.Cryptography;
using Gateway.Broker.Access;
using Gateway.Broker.Quotas;
using Gateway.Broker.Sequencing;
using Gateway.Cryptography;
using Gateway.Protocol;
using Gateway.Protocol.Disputes;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;
using Google.Protobuf;

namespace Gateway.Broker.Disputes;

/// <summary>
/// Takes objections for the dispute desks and keeps them, sealed to each, until the desk has dealt with them or 180 days have gone. Anybody may file one; floods of strangers are limited by address, in
/// all, and by desk, and leave room for what members bring, who are limited each by itself.
/// </summary>
public sealed class ObjectionIntake
{
    /// <summary>Objections of one request.</summary>
    public const int MostAtOnce = 16;

    /// <summary>Objections that wait for one desk at most.</summary>
    public const int MostWaiting = 1_000;

    /// <summary>Of these, as many as strangers do not fill.</summary>
    public const int KeptForMembers = 250;

    /// <summary>Requests with objections that one member sends in a day.</summary>
    public const int FiledADayByMember = 100;

    /// <summary>Objections in one answer.</summary>
    public const int Page = 50;

    /// <summary>How long an objection waits.</summary>
    public static readonly TimeSpan Retention = TimeSpan.FromDays(180);

    private const int ReferenceSize = 8, FiledAnHourByAddress = 5, FiledAnHour = 60, ListedAMinuteByAddress = 30;

    private readonly NetworkView _view;
    private readonly IDisputeStore _store;
    private readonly RandomSource _random;
    private readonly TimeProvider _time;
    private readonly RateLimiter<IPAddress> _filedByAddress;
    private readonly RateLimiter<IPAddress> _listedByAddress;
    private readonly RateLimiter<string> _filed;
    private readonly RateLimiter<MemberId> _filedByMember;

    // Of this run of the broker: a member's second objection about a record is known by its reference, and the reference tells a desk nothing.
    private readonly byte[] _referenceKey;

    /// <summary>An intake over the broker's store.</summary>
    public ObjectionIntake(NetworkView view, IDisputeStore store, RandomSource random, TimeProvider time)
    {
        _view = view;
        _store = store;
        _random = random;
        _time = time;
        _filedByAddress = new RateLimiter<IPAddress>("objections", FiledAnHourByAddress, FiledAnHourByAddress / 3_600.0, time);
        _filed = new RateLimiter<string>("objections", FiledAnHour, FiledAnHour / 3_600.0, time);
        _filedByMember = new RateLimiter<MemberId>("objections", FiledADayByMember, FiledADayByMember / 86_400.0, time);
        _referenceKey = random.GetBytes(32);
        _listedByAddress = new RateLimiter<IPAddress>("questions for the dispute desks", ListedAMinuteByAddress, ListedAMinuteByAddress / 60.0, time);
    }

    /// <summary>The members that decide disputes in some circle, by name: active, and in the circle that names them.</summary>
    /// <exception cref="RefusalException">The address has asked too often.</exception>
    public IReadOnlyList<DisputeDeskKey> List(IPAddress address) => _listedByAddress.TryTake(AddressGroup.Of(address), 1) is { } limited
        ? throw new RefusalException(limited)
        : [.. Desks().Select(desk => new DisputeDeskKey { MemberId = desk.Id.ToByteString(), Name = desk.Name, BoxPk = desk.Joined.BoxPk })];

    /// <summary>Takes a stranger's objection, sealed by himself. Returns its reference.</summary>
    /// <exception cref="RefusalException">It is for no desk, too long, or one too many.</exception>
    public async Task<string> FileAsync(IPAddress address, IReadOnlyCollection<SealedObjection> objections, CancellationToken cancellation)
    {
        RequireDesks();
        List<StoredObjection> stored = Check(objections, [.. Desks().Select(desk => desk.Id)], null, NewReference());
        if (stored.Count == 0) throw new RefusalException(Refusal.Invalid("OBJECTION_EMPTY", "The request holds no objection.", "objections", "Seal one for each of the desks."));
        if ((_filedByAddress.TryTake(AddressGroup.Of(address), 1) ?? _filed.TryTake("", 1)) is { } limited) throw new RefusalException(limited);
        IReadOnlyDictionary<MemberId, int> waiting = await _store.CountObjectionsAsync(cancellation).ConfigureAwait(false);
        if (stored.Any(objection => waiting.GetValueOrDefault(objection.Desk) >= MostWaiting - KeptForMembers)) throw new RefusalException(Refusal.Exhausted("INTAKE_FULL", $"{MostWaiting - KeptForMembers} objections wait for a desk already.", "objections", "Try again in some days, or object through a member."));
        await _store.AddObjectionsAsync(stored, cancellation).ConfigureAwait(false);
        return stored[0].Reference;
    }

    /// <summary>Takes an objection in clear, as a web form brings it, and seals it here to every desk: nothing of it is kept in clear. Returns its reference.</summary>
    /// <exception cref="RefusalException">There is no desk, it is too long, or one too many.</exception>
    public Task<string> SealAndFileAsync(IPAddress address, Objection objection, CancellationToken cancellation)
    {
        RequireDesks();
        if (ObjectionBox.FaultOf(objection) is { } fault) throw new RefusalException(Refusal.Invalid("OBJECTION_TOO_LONG", fault, "objection", "Say it in fewer words; the desk asks for more."));
        return FileAsync(address, [.. Desks().Select(desk => new SealedObjection { DeskId = desk.Id.ToByteString(), Sealed = ByteString.CopyFrom(ObjectionBox.Seal(objection, desk.BoxKey)) })], cancellation);
    }

    /// <summary>Objections that wait for a desk.</summary>
    public async Task<IReadOnlyList<WaitingObjection>> ReadAsync(MemberId desk, ulong after, CancellationToken cancellation) =>
    [
        .. (await _store.ReadObjectionsAsync(desk, (long)Math.Min(after, long.MaxValue), Page, cancellation).ConfigureAwait(false)).Select(objection => new WaitingObjection
        {
            Id = (ulong)objection.Id,
            Reference = objection.Reference,
            FiledAt = objection.FiledAt.ToUnixTimeSeconds(),
            RecordId = objection.Record?.ToByteString() ?? ByteString.Empty,
            Sealed = ByteString.CopyFrom(objection.Sealed),
        }),
    ];

    /// <summary>Deletes an objection that a desk has dealt with.</summary>
    /// <exception cref="RefusalException">The desk has no such objection.</exception>
    public async Task CloseAsync(MemberId desk, ulong id, CancellationToken cancellation)
    {
        if (id <= long.MaxValue && await _store.DeleteObjectionAsync(desk, (long)id, cancellation).ConfigureAwait(false)) return;
        throw new RefusalException(Refusal.NotFound("OBJECTION_UNKNOWN", "No such objection waits for this member's desk.", $"objection {id}", "See `gateway dispute inbox`."));
    }

    /// <summary>Deletes what has waited too long. Returns how many.</summary>
    public ValueTask<int> ForgetAsync(CancellationToken cancellation) => _store.DeleteObjectionsAsync(_time.GetUtcNow() - Retention, cancellation);

    /// <summary>Checks a member's objections about a record before anything is done because of them.</summary>
    /// <exception cref="RefusalException">They are not as they should be, or the member has filed too many.</exception>
    internal IReadOnlyList<StoredObjection> Check(MemberId member, IReadOnlyCollection<SealedObjection> objections, IReadOnlyCollection<MemberId> desks, RecordId record)
    {
        byte[] reference = HMACSHA256.HashData(_referenceKey, (byte[])[.. member.ToArray(), .. record.ToArray()]);
        List<StoredObjection> stored = Check(objections, desks, record, Convert.ToHexStringLower(reference.AsSpan(0, ReferenceSize)));
        if (stored.Count > 0 && _filedByMember.TryTake(member, 1) is { } limited) throw new RefusalException(limited);
        return stored;
    }

    /// <summary>Keeps a member's objections that were checked: one of a record at each desk. What does not fit is left out, so that a full inbox keeps no dispute from being opened.</summary>
    internal async Task KeepAsync(IReadOnlyList<StoredObjection> objections, CancellationToken cancellation)
    {
        if (objections.Count == 0) return;
        IReadOnlyDictionary<MemberId, int> waiting = await _store.CountObjectionsAsync(cancellation).ConfigureAwait(false);
        List<StoredObjection> kept = [];
        foreach (StoredObjection objection in objections.Where(objection => waiting.GetValueOrDefault(objection.Desk) < MostWaiting))
        {
            if (!await _store.HasObjectionAsync(objection.Desk, objection.Reference, cancellation).ConfigureAwait(false)) kept.Add(objection);
        }

        await _store.AddObjectionsAsync(kept, cancellation).ConfigureAwait(false);
    }

    private List<StoredObjection> Check(IReadOnlyCollection<SealedObjection> objections, IReadOnlyCollection<MemberId> desks, RecordId? record, string reference)
    {
        if (objections.Count > MostAtOnce) throw new RefusalException(Refusal.Invalid("OBJECTIONS_TOO_MANY", $"A request holds {objections.Count} objections, more than {MostAtOnce}.", "objections", "Send one for each desk."));
        HashSet<MemberId> seen = [];
        List<StoredObjection> stored = [];
        foreach (SealedObjection objection in objections)
        {
            if (!MemberId.TryFromBytes(objection.DeskId.Span, out MemberId desk) || !desks.Contains(desk) || !seen.Add(desk)) throw new RefusalException(Refusal.Invalid("OBJECTION_DESK", "An objection is for no dispute desk, or a second one for the same.", "desk_id", "List the desks again, and seal one for each."));
            if (objection.Sealed.Length is <= BoxPublicKey.SealOverhead or > ObjectionBox.MaximumSealed) throw new RefusalException(Refusal.Invalid("OBJECTION_TOO_LONG", $"A sealed objection has {objection.Sealed.Length:N0} bytes; {BoxPublicKey.SealOverhead + 1} to {ObjectionBox.MaximumSealed:N0} are taken.", "sealed", "Say it in fewer words; the desk asks for more."));
            stored.Add(new StoredObjection(desk, reference, _time.GetUtcNow(), record, objection.Sealed.ToByteArray()));
        }

        return stored;
    }

    private string NewReference() => Convert.ToHexStringLower(_random.GetBytes(ReferenceSize));

    private void RequireDesks()
    {
        if (!Desks().Any()) throw new RefusalException(Refusal.Precondition("DISPUTE_DESK_MISSING", "No circle of this network names a dispute desk.", "desks", "Object through a member, or write to the broker's operator."));
    }

    private IEnumerable<NetworkMember> Desks()
    {
        NetworkState state = _view.Current;
        return state.Circles.Values
            .SelectMany(circle => DisputeTerms.Of(circle.Policy).Desks.Where(circle.Members.Contains))
            .Distinct()
            .Select(id => state.Members[id])
            .Where(member => member.IsActive)
            .OrderBy(member => member.Name, StringComparer.Ordinal)
            .Take(MostAtOnce);
    }
}
