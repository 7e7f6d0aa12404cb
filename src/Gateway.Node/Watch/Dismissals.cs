using System.Buffers.Binary;
using System.Collections.Immutable;
using Gateway.Matching.Identifiers;
using Gateway.Node.Screening;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Storage;
using Gateway.Storage.Node;
using Google.Protobuf;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Watch;

/// <summary>
/// What officers said of pairs of party and record: "this record does not concern them". A dismissal names the record and every identifier the party stated; it holds for the party as long as
/// it states no other. A record that replaces another, or says more, has another id and is not dismissed. The store holds keyed digests of both.
/// </summary>
public sealed class Dismissals
{
    private const string Label = "dismissal";
    private const int LongestReason = 500;
    private const int LongestName = 128;
    private const int DigestSize = 16;

    private readonly INodeStore _store;
    private readonly WatchSeal _seal;
    private readonly TimeProvider _time;
    private ImmutableDictionary<UInt128, ImmutableList<Entry>> _byRecord = ImmutableDictionary<UInt128, ImmutableList<Entry>>.Empty;

    private Dismissals(INodeStore store, WatchSeal seal, TimeProvider time)
    {
        _store = store;
        _seal = seal;
        _time = time;
    }

    /// <summary>Dismissals in force.</summary>
    public int Count => Volatile.Read(ref _byRecord).Values.Sum(entries => entries.Count);

    /// <summary>Reads them from the store.</summary>
    public static async Task<Dismissals> LoadAsync(INodeStore store, WatchSeal seal, TimeProvider time, CancellationToken cancellation)
    {
        Dismissals dismissals = new(store, seal, time);
        await dismissals.ReadAsync(cancellation);
        return dismissals;
    }

    /// <summary>Reads them anew from a store that other processes write too.</summary>
    public async Task ReadAsync(CancellationToken cancellation)
    {
        HashSet<ulong> held = [];
        await foreach (StoredDismissal row in _store.ListDismissalsAsync(cancellation))
        {
            Keep(row);
            held.Add((ulong)row.Id);
        }

        ImmutableInterlocked.Update(ref _byRecord, all => all.SetItems(all.Where(pair => pair.Value.Exists(entry => !held.Contains(entry.Dismissal.Id))).Select(pair => KeyValuePair.Create(pair.Key, pair.Value.RemoveAll(entry => !held.Contains(entry.Dismissal.Id))))));
    }

    /// <summary>Whether a record is dismissed for the parties that met it.</summary>
    /// <param name="record">The record.</param>
    /// <param name="prepared">The shipment or party.</param>
    /// <param name="met">Places of the identifiers that met the record.</param>
    public V1.Dismissal? Find(RecordId record, PreparedShipment prepared, IReadOnlyList<int> met)
    {
        ImmutableDictionary<UInt128, ImmutableList<Entry>> all = Volatile.Read(ref _byRecord);
        if (all.IsEmpty || !all.TryGetValue(Shorten(DigestOf(record)), out ImmutableList<Entry>? entries)) return null;
        UInt128[] stated = [.. StatedBy(prepared, met).Select(hash => DigestOf(record, hash))];
        return entries.FindLast(entry => stated.All(entry.Identifiers.Contains))?.Dismissal;
    }

    /// <summary>Dismisses a record for the parties of a subject that met it.</summary>
    /// <param name="subject">The seller or shipment.</param>
    /// <param name="record">The record.</param>
    /// <param name="met">Places of the identifiers that met it; at least one.</param>
    /// <param name="by">Who.</param>
    /// <param name="reason">Why.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>Its number.</returns>
    /// <exception cref="RefusalException">Nobody or nothing is said.</exception>
    public async Task<ulong> AddAsync(WatchedSubject subject, RecordId record, IReadOnlyList<int> met, string by, string reason, CancellationToken cancellation)
    {
        RequireText(by, LongestName, "by", "Say who dismisses.");
        RequireText(reason, LongestReason, "reason", "Say why, in a sentence.");
        UtcDay today = UtcDay.Of(_time.GetUtcNow());
        byte[] key = DigestOf(record);
        V1.RememberedDismissal content = new()
        {
            Subject = (uint)subject.Kind,
            Reference = subject.Reference,
            RecordId = ByteString.CopyFrom(record.ToArray()),
            Dismissal = new V1.Dismissal { By = by, Reason = reason, Day = today.Number },
        };
        byte[] identifiers = new byte[DigestSize * subject.Prepared.Hashes.Length];
        int length = 0;
        foreach (UInt128 digest in StatedBy(subject.Prepared, met).Select(hash => DigestOf(record, hash)).Distinct().Order())
        {
            BinaryPrimitives.WriteUInt128BigEndian(identifiers.AsSpan(length), digest);
            length += DigestSize;
        }

        StoredDismissal row = await _store.AddDismissalAsync(new StoredDismissal(0, key, identifiers[..length], today, _seal.Seal(Label, key, content.ToByteArray())), cancellation);
        Keep(row);
        return (ulong)row.Id;
    }

    /// <summary>Takes a dismissal back.</summary>
    /// <exception cref="RefusalException">There is none of this number.</exception>
    public async Task RemoveAsync(ulong id, CancellationToken cancellation)
    {
        if (id > long.MaxValue || !await _store.RemoveDismissalAsync((long)id, cancellation))
        {
            throw new RefusalException(Refusal.NotFound("DISMISSAL_UNKNOWN", "There is no dismissal of this number.", $"dismissal {id}", "See `gateway dismissals`."));
        }

        ImmutableInterlocked.Update(ref _byRecord, all => all.SetItems(all.Where(pair => pair.Value.Exists(entry => entry.Dismissal.Id == id)).Select(pair => KeyValuePair.Create(pair.Key, pair.Value.RemoveAll(entry => entry.Dismissal.Id == id)))));
    }

    /// <summary>The dismissals, oldest first.</summary>
    public async IAsyncEnumerable<V1.DismissalLine> ListAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (StoredDismissal row in _store.ListDismissalsAsync(cancellation))
        {
            V1.RememberedDismissal content = Open(row);
            yield return new V1.DismissalLine { Id = (ulong)row.Id, Subject = (V1.AlertSubjectKind)content.Subject, Reference = content.Reference, RecordId = content.RecordId, Dismissal = content.Dismissal };
        }
    }

    private void Keep(StoredDismissal row)
    {
        V1.Dismissal dismissal = Open(row).Dismissal;
        HashSet<UInt128> identifiers = [];
        for (int at = 0; at + DigestSize <= row.Identifiers.Length; at += DigestSize) identifiers.Add(BinaryPrimitives.ReadUInt128BigEndian(row.Identifiers.AsSpan(at)));
        Entry entry = new(identifiers, dismissal);
        ImmutableInterlocked.AddOrUpdate(ref _byRecord, Shorten(row.Record), [entry], (_, entries) => entries.RemoveAll(other => other.Identifiers.SetEquals(identifiers)).Add(entry));
    }

    private V1.RememberedDismissal Open(StoredDismissal row)
    {
        if (!_seal.TryOpen(Label, row.Record, row.Sealed, out byte[]? content)) throw new StoreCorruptException("dismissals", row.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));
        V1.RememberedDismissal dismissal = V1.RememberedDismissal.Parser.ParseFrom(content);
        dismissal.Dismissal.Id = (ulong)row.Id;
        return dismissal;
    }

    // Everything the parties that met the record state, not only what met: one more identifier is a reason to look again.
    private static IEnumerable<UInt128> StatedBy(PreparedShipment prepared, IReadOnlyList<int> met)
    {
        HashSet<PartyRole> roles = [.. met.Select(place => prepared.Keys.Identifiers[place].Role)];
        for (int i = 0; i < prepared.Hashes.Length; i++)
        {
            if (roles.Contains(prepared.Keys.Identifiers[i].Role)) yield return prepared.Hashes[i];
        }
    }

    private byte[] DigestOf(RecordId record) => _seal.DigestOf("dismissed-record", record.ToArray());

    private UInt128 DigestOf(RecordId record, UInt128 hash)
    {
        byte[] content = new byte[RecordId.Size + 16];
        record.CopyTo(content);
        BinaryPrimitives.WriteUInt128BigEndian(content.AsSpan(RecordId.Size), hash);
        return Shorten(_seal.DigestOf("dismissed-identifier", content));
    }

    private static UInt128 Shorten(byte[] digest) => BinaryPrimitives.ReadUInt128BigEndian(digest);

    internal static void RequireText(string text, int longest, string field, string remedy)
    {
        if (string.IsNullOrWhiteSpace(text) || text.Length > longest) throw new RefusalException(Refusal.Invalid("TEXT_INVALID", $"The text is empty or longer than {longest} characters.", field, remedy));
    }

    private sealed record Entry(HashSet<UInt128> Identifiers, V1.Dismissal Dismissal);
}
