using Gateway.Cli.Input;
using Gateway.Protocol.V1;

namespace Gateway.Cli.Tests.Input;

/// <summary>A manifest as its batches say it, written out shipment by shipment.</summary>
internal sealed record ReadManifest(List<Shipment> Shipments, List<InputFault> Faults)
{
    public IEnumerable<string> Ids => Shipments.Select(shipment => shipment.Id);

    /// <summary>Parts named in all, and the most in force at once.</summary>
    public int Parts { get; private set; }

    public int MostParts { get; private set; }

    public static ReadManifest Of(string path)
    {
        using CsvSource source = ManifestBatches.Open(path);
        ReadManifest read = new([], []);
        List<ShipmentPart> parts = [];
        foreach (ShipmentBatch batch in new ManifestBatches(source, read.Faults.AddRange).Read())
        {
            if (batch.PartsAnew) parts.Clear();
            parts.AddRange(batch.Parts);
            read.Parts += batch.Parts.Count;
            read.MostParts = Math.Max(read.MostParts, parts.Count);
            for (int i = 0; i < batch.IdEnds.Count; i++) read.Shipments.Add(ShipmentOf(batch, i, parts));
        }

        return read;
    }

    private static Shipment ShipmentOf(ShipmentBatch batch, int place, List<ShipmentPart> parts)
    {
        int id = place == 0 ? 0 : (int)batch.IdEnds[place - 1], part = place == 0 ? 0 : (int)batch.PartEnds[place - 1];
        Shipment shipment = new()
        {
            Id = System.Text.Encoding.UTF8.GetString(batch.Ids.Span[id..(int)batch.IdEnds[place]]), HsCode = batch.HsCodes[place] == 0 ? "" : $"{batch.HsCodes[place] - 1:D6}",
            CountryOfDeparture = Country(batch.CountriesOfDeparture[place]), CountryOfOrigin = Country(batch.CountriesOfOrigin[place]),
        };
        for (; part < batch.PartEnds[place]; part++)
        {
            ShipmentPart one = parts[(int)batch.PartNumbers[part] - 1];
            if (one.Party is not null) shipment.Parties.Add(one.Party);
            shipment.References.AddRange(one.References);
        }

        return shipment;
    }

    private static string Country(uint letters) => letters == 0 ? "" : $"{(char)(letters >> 8)}{(char)(letters & 255)}";
}
