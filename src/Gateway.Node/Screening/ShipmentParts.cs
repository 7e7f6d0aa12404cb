using Gateway.Protocol.Errors;
using Google.Protobuf.Collections;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Screening;

/// <summary>A part that shipments of a stream have, with what it is looked up by.</summary>
/// <param name="Message">As it was sent.</param>
/// <param name="Keys">Its identifiers and names.</param>
/// <param name="Fault">Why shipments that have it are refused; null where it holds.</param>
internal sealed record NumberedPart(V1.ShipmentPart Message, PartyKeys Keys, Refusal? Fault)
{
    /// <summary>Whether nothing is to be said of it as long as its identifiers meet nothing.</summary>
    public bool IsPlain { get; } = Fault is null && Keys.Keys.Rejections.Count == 0;

    /// <summary>A bit for its role; the references have that of no role.</summary>
    public int RoleBit { get; } = 1 << ((int)(Message.Party?.Role ?? 0) & 31);
}

/// <summary>The parts a stream has named so far. Each is normalised once, and again when a circle's rules change. Belongs to the one who reads the stream; what it hands out does not change.</summary>
public sealed class ShipmentParts
{
    /// <summary>Parts in force at once.</summary>
    public const int Most = 65_536;

    private readonly Preparer _preparer;
    private NumberedPart[] _parts = [];
    private int _count;
    private object? _mark;
    private uint _place;

    internal ShipmentParts(Preparer preparer) => _preparer = preparer;

    /// <summary>Takes the parts that a batch names for the first time, and checks its columns.</summary>
    /// <exception cref="RefusalException">The columns do not fit together: whoever wrote them must be corrected.</exception>
    public ShipmentColumns Take(V1.ShipmentBatch batch)
    {
        if (batch.PartsAnew) (_parts, _count) = ([], 0);
        if (_count + batch.Parts.Count > Most) throw ShipmentColumns.Invalid($"more than {Most} parts are in force", "begin anew with parts_anew");
        (Func<V1.ShipmentPart, PartyKeys> keysOf, object mark) = _preparer.PartsNow();
        if (!mark.Equals(_mark)) (_parts, _mark) = ([.. _parts.Take(_count).Select(part => Number(part.Message, keysOf))], mark);
        Add(batch.Parts, keysOf);
        ShipmentColumns columns = new(batch, new ReadOnlyMemory<NumberedPart>(_parts, 0, _count), _place);
        _place += (uint)columns.Count;
        return columns;
    }

    // Earlier batches go on reading the array they were given: of that one only places beyond theirs are written.
    private void Add(RepeatedField<V1.ShipmentPart> parts, Func<V1.ShipmentPart, PartyKeys> keysOf)
    {
        if (_count + parts.Count > _parts.Length) Array.Resize(ref _parts, Math.Max(_count + parts.Count, 2 * _parts.Length));
        for (int i = 0; i < parts.Count; i++) _parts[_count++] = Number(parts[i], keysOf);
    }

    private static NumberedPart Number(V1.ShipmentPart part, Func<V1.ShipmentPart, PartyKeys> keysOf)
    {
        Refusal? fault = ShipmentRules.FaultOf(part);
        return new NumberedPart(part, fault is null ? keysOf(part) : PartyKeys.None(null), fault);
    }
}
