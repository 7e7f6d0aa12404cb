using CsvHelper;
using Gateway.Matching.Identifiers;
using Gateway.Protocol;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Cli.Demo;

/// <summary>A shipment that the sample planted.</summary>
/// <param name="Shipment">Its id.</param>
/// <param name="Actors">The publishers' references of the actor it names; any of them will do.</param>
/// <param name="Form">The disguise.</param>
/// <param name="Fields">The fields that come from the actor.</param>
/// <param name="IsStrong">Whether a strong identifier ought to meet, else a combination.</param>
internal sealed record PlantedShipment(string Shipment, IReadOnlyList<string> Actors, string Form, string Fields, bool IsStrong);

/// <summary>How a form of disguise fared.</summary>
/// <param name="Form">The form.</param>
/// <param name="Planted">How many shipments were planted so.</param>
/// <param name="Found">How many of them met the record they should.</param>
internal readonly record struct FormCount(string Form, int Planted, int Found);

/// <summary>What comparing the screening with the truth gave.</summary>
/// <param name="Forms">Planted and found, by form.</param>
/// <param name="Misses">Planted shipments that were missed, each with what was wrong.</param>
/// <param name="FalseStrong">Clean shipments that a strong identifier flagged, each with why.</param>
/// <param name="OtherHits">Clean shipments that met a record by combinations of name and place only: for the officer to look at, no fault.</param>
internal sealed record Verdict(IReadOnlyList<FormCount> Forms, IReadOnlyList<string> Misses, IReadOnlyList<string> FalseStrong, int OtherHits)
{
    /// <summary>Whether nothing was missed and nothing flagged wrongly.</summary>
    public bool IsGood => Misses.Count == 0 && FalseStrong.Count == 0;
}

/// <summary>planted.csv: which shipments name a published actor, and how well disguised.</summary>
internal sealed class PlantedTruth
{
    private PlantedTruth(IReadOnlyList<PlantedShipment> shipments) => Shipments = shipments;

    /// <summary>The planted shipments.</summary>
    public IReadOnlyList<PlantedShipment> Shipments { get; }

    /// <summary>Reads planted.csv.</summary>
    public static PlantedTruth Read(string file)
    {
        using CsvReader csv = CsvReader.FromFile(file, new CsvReaderOptions { Separator = ',' });
        csv.ReadHeader();
        List<string> header = [.. csv.Headers];
        int id = header.IndexOf("shipment_id"), actors = header.IndexOf("actor_references"), form = header.IndexOf("form"), fields = header.IndexOf("fields"), expected = header.IndexOf("expected");
        List<PlantedShipment> shipments = [];
        while (csv.Read())
        {
            shipments.Add(new PlantedShipment(csv.GetString(id), csv.GetString(actors).Split(';'), csv.GetString(form), csv.GetString(fields), csv.GetString(expected) == "STRONG"));
        }

        return new PlantedTruth(shipments);
    }

    /// <summary>Compares the hits of a screening with what was planted.</summary>
    /// <param name="hits">The results with hits.</param>
    /// <param name="recordsOf">The records that were published under a reference.</param>
    public Verdict Judge(IEnumerable<V1.ScreeningResult> hits, Func<string, IEnumerable<RecordId>> recordsOf)
    {
        Dictionary<string, V1.ScreeningResult> found = hits.ToDictionary(result => result.ShipmentId, StringComparer.Ordinal);
        List<string> misses = [];
        List<FormCount> forms = [];
        foreach (IGrouping<string, PlantedShipment> form in Shipments.GroupBy(shipment => shipment.Form, StringComparer.Ordinal).OrderBy(form => form.Key, StringComparer.Ordinal))
        {
            int good = 0;
            foreach (PlantedShipment planted in form)
            {
                if (FaultOf(planted, found.GetValueOrDefault(planted.Shipment), recordsOf) is { } fault) misses.Add($"{planted.Shipment} ({form.Key}, {planted.Fields}): {fault}");
                else good++;
            }

            forms.Add(new FormCount(form.Key, form.Count(), good));
        }

        HashSet<string> known = [.. Shipments.Select(shipment => shipment.Shipment)];
        List<V1.ScreeningResult> others = [.. found.Values.Where(result => !known.Contains(result.ShipmentId))];
        List<string> wrong = [.. others.SelectMany(result => result.Hits.SelectMany(hit => hit.Reasons).Where(IsStrong).Take(1).Select(reason => $"{result.ShipmentId}: {reason.Text}"))];
        return new Verdict(forms, misses, wrong, others.Count);
    }

    private static string? FaultOf(PlantedShipment planted, V1.ScreeningResult? result, Func<string, IEnumerable<RecordId>> recordsOf)
    {
        if (result is null || result.Hits.Count == 0) return "no hit";
        HashSet<RecordId> named = [.. planted.Actors.SelectMany(recordsOf)];
        if (named.Count == 0) return $"no record was published under {string.Join(" or ", planted.Actors)}";
        List<V1.Hit> ofActor = [.. result.Hits.Where(hit => named.Contains(RecordId.FromBytes(hit.RecordId.Span)))];
        if (ofActor.Count == 0) return $"hit, but not on the record of {string.Join(" or ", planted.Actors)}";
        return planted.IsStrong && !ofActor.Any(hit => hit.Reasons.Any(IsStrong)) ? "hit, but by no strong identifier" : null;
    }

    private static bool IsStrong(V1.Reason reason) => reason.IdentifierType > 0 && Identifier.ClassOf((IdentifierType)reason.IdentifierType) == IdentifierClass.Strong;
}
