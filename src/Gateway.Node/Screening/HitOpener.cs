using System.Collections.Concurrent;
using Gateway.Node.Feed;
using Gateway.Node.Matching;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Keys;
using Gateway.Protocol.V1;
using Gateway.Storage.Node;

namespace Gateway.Node.Screening;

/// <summary>An identifier of a shipment that met a record.</summary>
/// <param name="Type">Number of its type.</param>
/// <param name="Hash">Its local hash.</param>
public readonly record struct MetIdentifier(ushort Type, UInt128 Hash);

/// <summary>A record opened by identifiers it was met by.</summary>
/// <param name="Record">The open record.</param>
/// <param name="Circle">Its circle.</param>
/// <param name="Sources">For each identifier met, in order: the source the record gives it; null where the record does not list it.</param>
public sealed record OpenedHit(OpenedRecord Record, CircleId Circle, IReadOnlyList<string?> Sources);

/// <summary>What became of a record that identifiers met.</summary>
/// <param name="Hit">The open record; null where there is none to show.</param>
/// <param name="IsDeferred">Whether it can be opened only in a moment: the shipment is pending, not clear.</param>
public readonly record struct Opening(OpenedHit? Hit, bool IsDeferred)
{
    /// <summary>It ended meanwhile, failed a check, or is met by words of a name alone, which never decide.</summary>
    public static Opening None => default;

    /// <summary>Its circle's key is on its way into the view.</summary>
    public static Opening Deferred => new(null, true);
}

/// <summary>
/// Opens the records that identifiers met and makes every check of protocol §5 before anything of them is shown. A record that fails is quarantined, for this shipment and all others.
/// </summary>
public sealed class HitOpener(INodeStore store, NodeMatcher matcher, Func<NodeView> view, AlarmBell alarms, MemberId member, TimeProvider time)
{
    private const int MostUnwrapped = 4_096;

    // Odd, so that no place's hash is lost; the hashes are keyed, so that nobody outside can make two lists meet.
    private static readonly UInt128 Step = new(0x9E37_79B9_7F4A_7C15, 0xF39C_C060_5CED_C835);

    // A bad actor of today is met again and again; its item need not be opened each time.
    private readonly ConcurrentDictionary<int, UnwrappedRecord> _unwrapped = new();
    private readonly ConcurrentDictionary<(int Number, UInt128 Met), Earlier> _opened = new();

    /// <summary>Forgets every record that was opened: some of them have ended, and what is in memory of them ends with them.</summary>
    public void ForgetOpened()
    {
        _unwrapped.Clear();
        _opened.Clear();
    }

    /// <summary>Opens a record. The same record met by the same identifiers is opened once for as long as nothing changes at all: of a million shipments of one consignor, for the first.</summary>
    public async ValueTask<Opening> OpenAsync(int number, IReadOnlyList<MetIdentifier> met, CancellationToken cancellation)
    {
        // Both read before anything else: a change on the way makes what is remembered here stale at once.
        long generation = matcher.Generation;
        NodeView now = view();

        // In order and as often as they came: what is remembered has a source for each place.
        UInt128 by = (UInt128)met.Count;
        foreach (MetIdentifier identifier in met) by = (by * Step) + identifier.Hash;
        if (_opened.TryGetValue((number, by), out Earlier? earlier) && earlier.Generation == generation && ReferenceEquals(earlier.View, now) && earlier.Expiry >= now.ExpiryDay(time)) return new Opening(earlier.Hit, false);
        (Opening opening, NodeRecord? row, UnwrappedRecord? unwrapped, CircleKey? key) = await UnwrapAsync(number, now, cancellation);
        if (row is null || unwrapped is null || key is null) return opening;
        opening = await OpenAsync(row, unwrapped, key, met, cancellation);
        if (opening.Hit is { } hit)
        {
            if (_opened.Count >= MostUnwrapped) _opened.Clear();
            _opened[(number, by)] = new Earlier(generation, now, row.Expiry, hit);
        }

        return opening;
    }

    /// <summary>What the circle sees of a live record, without opening it; null where there is none to show now.</summary>
    public async ValueTask<(CircleId Circle, UnwrappedRecord Record)?> ReadAsync(int number, CancellationToken cancellation) =>
        await UnwrapAsync(number, view(), cancellation) is (_, { } row, { } unwrapped, _) ? (row.Circle, unwrapped) : null;

    private async ValueTask<(Opening Opening, NodeRecord? Row, UnwrappedRecord? Unwrapped, CircleKey? Key)> UnwrapAsync(int number, NodeView now, CancellationToken cancellation)
    {
        // The row is read each time: of a record that ended nothing is shown out of memory.
        NodeRecord? row = await store.ReadRecordAsync(number, cancellation);
        if (row is not { State: NodeRecordState.Live, Item: { } item })
        {
            _unwrapped.TryRemove(number, out _);
            return (Opening.None, null, null, null);
        }

        if (row.Expiry < now.ExpiryDay(time) || !now.Reads(member, row.Circle, time)) return (Opening.None, null, null, null);
        if (now.Keyring.Find(row.Circle, row.Epoch) is not { } key) return (Opening.Deferred, null, null, null);
        if (!_unwrapped.TryGetValue(number, out UnwrappedRecord? unwrapped))
        {
            if (!RecordOpener.TryReopen(key, row.Id, item, out unwrapped, out RecordFault? fault)) return (await QuarantineAsync(row, fault, cancellation), null, null, null);
            if (_unwrapped.Count >= MostUnwrapped) _unwrapped.Clear();
            _unwrapped[number] = unwrapped;
        }

        return (Opening.None, row, unwrapped, key);
    }

    private async ValueTask<Opening> OpenAsync(NodeRecord row, UnwrappedRecord unwrapped, CircleKey key, IReadOnlyList<MetIdentifier> met, CancellationToken cancellation)
    {
        Pseudonym[] pseudonyms = new Pseudonym[met.Count];
        for (int i = 0; i < pseudonyms.Length; i++)
        {
            // Under the version the record states: its tags were met, so they were made under that one, or the record lies about it.
            byte[]? evaluation = await matcher.FindEvaluationAsync(unwrapped.Head.OprfVersion, met[i].Hash, cancellation);
            if (evaluation is null) return await QuarantineAsync(row, new RecordFault(RecordCheck.SlotOpens, "The record states another OPRF version than its tags have."), cancellation);
            pseudonyms[i] = key.PseudonymOf(evaluation);
        }

        // What stands among the name tags alone opens nothing, in a sound record too.
        int opener = Array.FindIndex(pseudonyms, pseudonym => HasSlot(unwrapped, pseudonym.Tag));
        if (opener < 0) return Opening.None;
        if (!RecordOpener.TryOpen(unwrapped, pseudonyms[opener], met[opener].Type, matcher.IsWatched, out OpenedRecord? opened, out RecordFault? fault)) return await QuarantineAsync(row, fault, cancellation);
        string?[] sources = new string?[met.Count];
        for (int i = 0; i < sources.Length; i++)
        {
            byte[] tag = pseudonyms[i].Tag.ToArray();
            BodyIdentifier? listed = opened.Body.Identifiers.FirstOrDefault(identifier => identifier.Tag.Span.SequenceEqual(tag));
            if (listed is null || listed.Type != met[i].Type)
            {
                return await QuarantineAsync(row, new RecordFault(RecordCheck.IdentifierListed, "The body does not list an identifier met, or under another type."), cancellation);
            }

            sources[i] = Convert.ToHexStringLower(listed.Source.Span);
        }

        return new Opening(new OpenedHit(opened, row.Circle, sources), false);
    }

    private static bool HasSlot(UnwrappedRecord record, Tag tag)
    {
        for (int i = 0; i < record.Head.SlotCount; i++)
        {
            if (record.TagAt(i) == tag) return true;
        }

        return false;
    }

    private async Task<Opening> QuarantineAsync(NodeRecord row, RecordFault fault, CancellationToken cancellation)
    {
        _unwrapped.TryRemove(row.Number, out _);
        await matcher.QuarantineAsync(row, fault.Check.ToString(), cancellation);
        await alarms.RaiseOnceAsync(
            Refusal.DataLoss("RECORD_QUARANTINED", $"A record failed the check {fault.Check}: {fault.What} It is kept and not matched.", $"record {row.Id.Prefix}", "Tell the broker's operator, who can trace its contributor."),
            cancellation);
        return Opening.None;
    }

    private sealed record Earlier(long Generation, NodeView View, UtcDay Expiry, OpenedHit Hit);
}
