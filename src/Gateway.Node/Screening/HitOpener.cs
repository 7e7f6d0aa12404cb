using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
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

/// <summary>
/// Opens the records that identifiers met and makes every check of protocol §5 before anything of them is shown. A record that fails is quarantined, for this shipment and all others.
/// </summary>
public sealed class HitOpener(INodeStore store, NodeMatcher matcher, Func<NodeView> view, AlarmBell alarms)
{
    private const int MostUnwrapped = 4_096;

    // A bad actor of today is met again and again; its item need not be opened each time.
    private readonly ConcurrentDictionary<int, (NodeRecord Row, UnwrappedRecord Record)> _unwrapped = new();

    /// <summary>Opens a record; null when it ended meanwhile or failed a check.</summary>
    public async ValueTask<OpenedHit?> OpenAsync(int number, IReadOnlyList<MetIdentifier> met, CancellationToken cancellation)
    {
        (NodeRecord Row, UnwrappedRecord Record)? found = await UnwrapAsync(number, cancellation);
        if (found is not ({ } row, { } unwrapped)) return null;
        NodeView now = view();
        CircleKey? key = now.Keyring.Find(row.Circle, row.Epoch);
        if (key is null) return null;
        uint version = now.State.OprfKeys?.Version ?? 0;

        OpenedRecord? opened = null;
        string?[] sources = new string?[met.Count];
        for (int i = 0; i < met.Count; i++)
        {
            byte[]? evaluation = await matcher.FindEvaluationAsync(version, met[i].Hash, cancellation);
            if (evaluation is null) continue;
            Pseudonym pseudonym = key.PseudonymOf(evaluation);
            if (opened is null && !TryOpen(unwrapped, pseudonym, met[i].Type, out opened, out RecordFault? fault))
            {
                await QuarantineAsync(row, fault, cancellation);
                return null;
            }

            byte[] tag = pseudonym.Tag.ToArray();
            BodyIdentifier? listed = opened.Body.Identifiers.FirstOrDefault(identifier => identifier.Tag.Span.SequenceEqual(tag));
            if (listed is null || listed.Type != met[i].Type)
            {
                await QuarantineAsync(row, new RecordFault(RecordCheck.IdentifierListed, "The body does not list an identifier met, or under another type."), cancellation);
                return null;
            }

            sources[i] = Convert.ToHexStringLower(listed.Source.Span);
        }

        return opened is null ? null : new OpenedHit(opened, row.Circle, sources);
    }

    private bool TryOpen(UnwrappedRecord unwrapped, Pseudonym pseudonym, ushort type, [NotNullWhen(true)] out OpenedRecord? opened, [NotNullWhen(false)] out RecordFault? fault) =>
        RecordOpener.TryOpen(unwrapped, pseudonym, type, matcher.IsWatched, out opened, out fault);

    private async ValueTask<(NodeRecord Row, UnwrappedRecord Record)?> UnwrapAsync(int number, CancellationToken cancellation)
    {
        // The row is read each time: a record that ended must not be shown out of memory.
        NodeRecord? row = await store.ReadRecordAsync(number, cancellation);
        if (row is not { State: NodeRecordState.Live, Item: { } item })
        {
            _unwrapped.TryRemove(number, out _);
            return null;
        }

        if (row.Expiry < view().State.Day) return null;
        if (_unwrapped.TryGetValue(number, out (NodeRecord Row, UnwrappedRecord Record) known)) return known;
        CircleKey? key = view().Keyring.Find(row.Circle, row.Epoch);
        if (key is null) return null;
        if (!RecordOpener.TryReopen(key, row.Id, item, out UnwrappedRecord? record, out RecordFault? fault))
        {
            await QuarantineAsync(row, fault, cancellation);
            return null;
        }

        if (_unwrapped.Count >= MostUnwrapped) _unwrapped.Clear();
        _unwrapped[number] = (row, record);
        return (row, record);
    }

    private async Task QuarantineAsync(NodeRecord row, RecordFault fault, CancellationToken cancellation)
    {
        _unwrapped.TryRemove(row.Number, out _);
        await matcher.QuarantineAsync(row, fault.Check.ToString(), cancellation);
        await alarms.RaiseOnceAsync(
            Refusal.DataLoss("RECORD_QUARANTINED", $"A record failed the check {fault.Check}: {fault.What} It is kept and not matched.", $"record {row.Id.Prefix}", "Tell the broker's operator, who can trace its contributor."),
            cancellation);
    }
}
