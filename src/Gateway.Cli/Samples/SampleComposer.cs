using System.Globalization;

namespace Gateway.Cli.Samples;

/// <summary>Composes the demo's input out of the real data in <c>samples/</c>; <c>samples/README.md</c> says what of it is real.</summary>
public static class SampleComposer
{
    /// <summary>Columns of planted.csv.</summary>
    public static IReadOnlyList<string> PlantedHeader { get; } = ["shipment_id", "actor_references", "form", "detail", "fields", "expected"];

    /// <summary>Columns of expected-errors.csv.</summary>
    public static IReadOnlyList<string> FaultsHeader { get; } = ["file", "line", "column", "fault"];

    private static readonly string[] Counted =
    [
        "container", "air_waybill", "postal_item", "consignor_name", "consignor_email", "consignor_phone", "consignor_registration", "consignor_tax_number", "consignor_vat",
        "consignor_website", "consignee_name", "consignee_email", "consignee_phone", "consignee_registration", "seller_name", "seller_email", "seller_account",
    ];

    /// <summary>
    /// Writes actors-retailer-one.csv, actors-retailer-two.csv, manifest.csv, planted.csv, actors-with-errors.csv, manifest-with-errors.csv and
    /// expected-errors.csv, replacing older ones.
    /// </summary>
    /// <param name="source">The real data.</param>
    /// <param name="output">Where to; made if it is not there.</param>
    /// <param name="options">How large, and the seed.</param>
    /// <returns>What has been written.</returns>
    public static SampleSummary Compose(SampleSource source, DirectoryInfo output, SampleOptions options)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(options);
        output.Create();
        string At(string name) => Path.Combine(output.FullName, name);

        ActorComposer actors = new(source, options);
        WriteActors(At("actors-retailer-one.csv"), actors.RetailerOne);
        WriteActors(At("actors-retailer-two.csv"), actors.RetailerTwo);

        ManifestComposer manifest = new(source, options, actors.Published);
        (int shipments, Dictionary<string, int> distinct) = WriteManifest(At("manifest.csv"), At("planted.csv"), manifest);

        using CsvFile faults = new(At("expected-errors.csv"), FaultsHeader);
        Note(faults, "actors-with-errors.csv", ErrorFiles.WriteActors(At("actors-with-errors.csv"), actors.Spare));
        List<ShipmentRow> some = [.. manifest.Shipments().Where(shipment => shipment.Plant is null).Select(shipment => shipment.Row).Take(15)];
        Note(faults, "manifest-with-errors.csv", ErrorFiles.WriteManifest(At("manifest-with-errors.csv"), some));

        int shared = actors.Published.Count(actor => actor.References.Count > 1);
        return new SampleSummary(actors.RetailerOne.Count, actors.RetailerTwo.Count, shared, shipments, manifest.Plants.Count, distinct);
    }

    private static void WriteActors(string path, IReadOnlyList<ActorRow> rows)
    {
        using CsvFile file = new(path, ActorRow.Header);
        foreach (ActorRow row in rows)
        {
            file.Write(row.Fields());
        }
    }

    private static (int Shipments, Dictionary<string, int> Distinct) WriteManifest(string manifestPath, string plantedPath, ManifestComposer composer)
    {
        using CsvFile manifest = new(manifestPath, ShipmentRow.Header);
        using CsvFile planted = new(plantedPath, PlantedHeader);
        List<string> header = [.. ShipmentRow.Header];
        var counters = Counted.Select(column => (Column: column, Index: header.IndexOf(column), Values: new HashSet<string>(StringComparer.Ordinal))).ToList();
        foreach ((ShipmentRow row, Plant? plant, string role) in composer.Shipments())
        {
            string[] fields = [.. row.Fields()];
            manifest.Write(fields);
            foreach ((_, int index, HashSet<string> values) in counters.Where(counter => fields[counter.Index].Length > 0))
            {
                values.Add(fields[index]);
            }

            if (plant is not null)
            {
                planted.Write(
                [
                    row.Id, string.Join(';', plant.Actor.References), plant.Form, plant.Detail, string.Join(';', plant.Fields.Select(field => $"{role}_{field}")), plant.Expected,
                ]);
            }
        }

        return (manifest.Rows, counters.ToDictionary(counter => counter.Column, counter => counter.Values.Count));
    }

    private static void Note(CsvFile file, string name, IReadOnlyList<ExpectedFault> faults)
    {
        foreach (ExpectedFault fault in faults)
        {
            file.Write([name, fault.Line.ToString(CultureInfo.InvariantCulture), fault.Column, fault.Fault]);
        }
    }
}
