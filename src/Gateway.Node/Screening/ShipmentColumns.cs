using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Gateway.Matching.Identifiers;
using Gateway.Protocol.Errors;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Screening;

/// <summary>The shipments of one batch (screening.proto, ShipmentBatch), its columns checked. A shipment becomes an object only where something is to be said of it.</summary>
public sealed class ShipmentColumns
{
    private const int MostShipments = 4_096;
    private const int MostParts = ShipmentRules.MostParties + 1;

    private readonly V1.ShipmentBatch _batch;
    private readonly ReadOnlyMemory<NumberedPart> _parts;

    internal ShipmentColumns(V1.ShipmentBatch batch, ReadOnlyMemory<NumberedPart> parts, uint firstPlace)
    {
        (_batch, _parts, FirstPlace) = (batch, parts, firstPlace);
        if (Count > MostShipments) throw Invalid($"the batch has {Count} shipments, more than {MostShipments}", "send smaller batches");
        if (batch.PartEnds.Count != Count || (uint)(Count == 0 ? 0 : batch.PartEnds[^1]) != batch.PartNumbers.Count) throw Invalid("the ends of parts do not divide part_numbers among the shipments", "give each shipment one");
        if (!new[] { batch.HsCodes.Count, batch.CountriesOfDeparture.Count, batch.CountriesOfOrigin.Count }.All(length => length == Count)) throw Invalid("a column is longer or shorter than id_ends", "give each shipment a value, or 0");
        CheckIds(batch.Ids.Span);
        uint begin = 0;
        foreach (uint end in batch.PartEnds)
        {
            if (end < begin || end - begin > MostParts) throw Invalid($"a shipment has a number of parts outside 0 to {MostParts}", "leave out parties that are not consignor, consignee, seller or declarant");
            begin = end;
        }

        foreach (uint number in batch.PartNumbers)
        {
            if (number == 0 || number > parts.Length) throw Invalid($"part {number} was not named in this stream", "name parts before shipments that have them");
        }
    }

    /// <summary>Shipments in the batch.</summary>
    public int Count => _batch.IdEnds.Count;

    /// <summary>Bytes of the batch as it came, the parts that it was the first to name included.</summary>
    internal int Bytes => _batch.CalculateSize();

    /// <summary>Place in the stream of the first one.</summary>
    public uint FirstPlace { get; }

    /// <summary>Number of a shipment's parts.</summary>
    internal int PartsOf(int shipment) => (int)_batch.PartEnds[shipment] - BeginOf(shipment);

    /// <summary>One part of a shipment.</summary>
    internal NumberedPart Part(int shipment, int part) => _parts.Span[(int)_batch.PartNumbers[BeginOf(shipment) + part] - 1];

    /// <summary>The id of a shipment.</summary>
    internal string IdOf(int shipment)
    {
        int begin = shipment == 0 ? 0 : (int)_batch.IdEnds[shipment - 1];
        return Encoding.UTF8.GetString(_batch.Ids.Span[begin..(int)_batch.IdEnds[shipment]]);
    }

    /// <summary>A shipment as a message of its own.</summary>
    public V1.Shipment ToMessage(int shipment)
    {
        V1.Shipment message = new()
        {
            Id = IdOf(shipment), HsCode = HsCode(_batch.HsCodes[shipment]), CountryOfDeparture = Country(_batch.CountriesOfDeparture[shipment]), CountryOfOrigin = Country(_batch.CountriesOfOrigin[shipment]),
        };
        for (int i = 0; i < PartsOf(shipment); i++)
        {
            V1.ShipmentPart part = Part(shipment, i).Message;
            if (part.Party is not null) message.Parties.Add(part.Party);
            else message.References.AddRange(part.References);
        }

        return message;
    }

    /// <summary>A shipment ready to be decided: what <see cref="Screener.Prepare(V1.Shipment)"/> makes of its message.</summary>
    internal PreparedShipment Prepare(int shipment, Func<V1.Shipment, PreparedShipment> prepare)
    {
        int roles = 0, count = PartsOf(shipment);
        PartyKeys[] keys = new PartyKeys[count];
        List<(PartyRole, Party)> parties = new(count);
        for (int i = 0; i < count; i++)
        {
            NumberedPart part = Part(shipment, i);

            // Where two parties have one role, what both state counts once: that is seen only by taking them together.
            if ((roles & part.RoleBit) != 0) return prepare(ToMessage(shipment));
            roles |= part.RoleBit;
            keys[i] = part.Keys;
            if (part.Message.Party is { } party) parties.Add(((PartyRole)party.Role, part.Keys.Party!));
        }

        return Preparer.Joined(
            new Shipment
            {
                Id = IdOf(shipment), Parties = parties, HsCode = HsCode(_batch.HsCodes[shipment]),
                CountryOfDeparture = Country(_batch.CountriesOfDeparture[shipment]), CountryOfOrigin = Country(_batch.CountriesOfOrigin[shipment]),
            },
            keys);
    }

    internal static RefusalException Invalid(string what, string remedy) => new(Refusal.Invalid("BATCH_INVALID", $"The columns of a batch do not fit together: {what}.", "batch", $"Correct the sender: {remedy}."));

    private static string HsCode(uint number) => number is 0 or > 1_000_000 ? "" : (number - 1).ToString("D6", CultureInfo.InvariantCulture);

    private static string Country(uint letters) => letters == 0 ? "" : new string([(char)((letters >> 8) & 0x7F), (char)(letters & 0x7F)]);

    private void CheckIds(ReadOnlySpan<byte> ids)
    {
        if (!Utf8.IsValid(ids)) throw Invalid("the ids are not UTF-8", "encode them as UTF-8");
        uint begin = 0;
        foreach (uint end in _batch.IdEnds)
        {
            bool holds = end > begin && end <= ids.Length && (end == ids.Length || (ids[(int)end] & 0xC0) != 0x80)
                && (end - begin <= ShipmentRules.LongestId || Encoding.UTF8.GetCharCount(ids[(int)begin..(int)end]) <= ShipmentRules.LongestId);
            if (!holds) throw Invalid($"a shipment's id is empty or longer than {ShipmentRules.LongestId} characters, or ends within a character", "give the declaration's own number");
            begin = end;
        }

        if (begin != ids.Length) throw Invalid("the ids end before their column does", "give each shipment an end of its id");
    }

    private int BeginOf(int shipment) => shipment == 0 ? 0 : (int)_batch.PartEnds[shipment - 1];
}
