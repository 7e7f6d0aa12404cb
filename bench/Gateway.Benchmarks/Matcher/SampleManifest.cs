using System.Globalization;
using Gateway.Cli.Input;
using Gateway.Cli.Samples;
using Gateway.Node.Screening;
using Gateway.Protocol.V1;

namespace Gateway.Benchmarks;

/// <summary>The sample manifest as a CSV file of any length: its 22,280 rows again and again, every shipment with an id of its own.</summary>
internal static class SampleManifest
{
    /// <summary>It as a stream sends it.</summary>
    public static ShipmentBatch[] Batches(string path)
    {
        using CsvSource source = ManifestBatches.Open(path);
        return [.. new ManifestBatches(source, _ => { }).Read()];
    }

    /// <summary>Its shipments, each as a message.</summary>
    public static IEnumerable<Shipment> Shipments(Screener screener, string path)
    {
        ShipmentParts parts = screener.NewParts();
        foreach (ShipmentColumns columns in Batches(path).Select(parts.Take))
        {
            for (int i = 0; i < columns.Count; i++) yield return columns.ToMessage(i);
        }
    }

    /// <summary>Writes the file.</summary>
    public static void Write(string path, int rows)
    {
        SampleSource source = SampleSource.Open(NodeScreeningBench.SamplesFolder());
        SampleOptions options = new();
        ShipmentRow[] some = [.. new ManifestComposer(source, options, new ActorComposer(source, options).Published).Shipments().Select(shipment => shipment.Row).Take(rows)];
        string[][] fields = [.. some.Select(row => row.Fields().ToArray())];
        using CsvFile file = new(path, ShipmentRow.Header);
        for (int row = 0; row < rows; row++)
        {
            string[] one = fields[row % fields.Length];
            one[0] = string.Create(CultureInfo.InvariantCulture, $"{some[row % some.Length].Id}/{row / some.Length}");
            file.Write(one);
        }
    }
}
