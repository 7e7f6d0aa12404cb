using System.Globalization;
using Gateway.Cli.Output;
using Gateway.Protocol;
using Gateway.Protocol.V1;
using Spectre.Console;

namespace Gateway.Cli.Screening;

/// <summary>Takes the hits of a screening: all go to the file of `--out`, the best stay for the result.</summary>
/// <param name="path">File for all hits, or null.</param>
/// <param name="today">The day ages count to.</param>
/// <param name="also">Sees every result with a hit too.</param>
public sealed class HitSink(string? path, UtcDay today, Action<ScreeningResult>? also = null) : IDisposable
{
    /// <summary>Hits kept for the result.</summary>
    public const int Kept = 1_000;

    private const int Drawn = 50;

    // A table of seven columns in less than this breaks words.
    private const int WideTable = 120;

    private readonly CsvResult? _file = path is null ? null : new CsvResult(
        path, "shipment_id", "lane", "score", "record_id", "circle", "evidence", "categories", "last_seen", "sources", "fields", "reasons");

    // Worst first, so that the worst is the one to go.
    private readonly PriorityQueue<HitLine, (int Lane, uint Score)> _best = new();

    /// <summary>Hits in all: pairs of shipment and record.</summary>
    public long Count { get; private set; }

    /// <summary>The best hits, by lane and score.</summary>
    public IReadOnlyList<HitLine> Best() => [.. _best.UnorderedItems.OrderByDescending(item => item.Priority).ThenBy(item => item.Element.ShipmentId, StringComparer.Ordinal).Select(item => item.Element)];

    /// <summary>Takes a result.</summary>
    public void Add(ScreeningResult result)
    {
        also?.Invoke(result);
        foreach (HitLine hit in HitLine.Of(result, today))
        {
            Count++;
            _best.Enqueue(hit, ((int)Codes.Lanes.Parse(hit.Lane), hit.Score));
            if (_best.Count > Kept) _best.Dequeue();
            _file?.Write(
                hit.ShipmentId,
                hit.Lane,
                hit.Score.ToString(CultureInfo.InvariantCulture),
                hit.RecordId,
                hit.Circle,
                hit.Evidence,
                string.Join(';', hit.Categories),
                hit.LastSeen ?? "",
                hit.Sources.ToString(CultureInfo.InvariantCulture),
                string.Join(';', hit.Reasons.Select(reason => reason.Field).Where(field => field.Length > 0).Distinct()),
                hit.WhyInFull());
        }
    }

    /// <summary>Draws the best hits for people.</summary>
    public static void Draw(IAnsiConsole console, IReadOnlyList<HitLine> hits, long count, bool withShipment)
    {
        if (hits.Count == 0) return;
        if (console.Profile.Width < WideTable)
        {
            DrawNarrow(console, hits.Take(Drawn), withShipment);
            Rest(console, hits, count);
            return;
        }

        Table table = withShipment ? Tables.Of("Lane", "Score", "Shipment", "Why", "Evidence", "Goods", "Age") : Tables.Of("Lane", "Score", "Why", "Evidence", "Goods", "Age", "Record");
        foreach (HitLine hit in hits.Take(Drawn))
        {
            Text score = new(hit.Score.ToString(CultureInfo.InvariantCulture));
            Text why = new(Tables.Printable(hit.Why()));
            Text age = new(hit.AgeDays is { } days ? string.Create(CultureInfo.InvariantCulture, $"{days} d") : "");
            Text goods = new(string.Join(", ", hit.Categories));
            if (withShipment) table.AddRow(Tables.LaneText(Codes.Lanes.Parse(hit.Lane)), score, new Text(Tables.Printable(hit.ShipmentId)), why, new Text(hit.Evidence), goods, age);
            else table.AddRow(Tables.LaneText(Codes.Lanes.Parse(hit.Lane)), score, why, new Text(hit.Evidence), goods, age, new Text(hit.RecordId.Length > 8 ? hit.RecordId[..8] : ""));
        }

        console.Write(table);
        Rest(console, hits, count);
    }

    /// <summary>Draws a hit in as many lines as it takes, none longer than the console is wide.</summary>
    public static void DrawNarrow(IAnsiConsole console, IEnumerable<HitLine> hits, bool withShipment)
    {
        foreach (HitLine hit in hits)
        {
            string age = hit.AgeDays is { } days ? string.Create(CultureInfo.InvariantCulture, $"{days} d") : "";
            string head = string.Join("  ", new[] { withShipment ? hit.ShipmentId : hit.RecordId.Length > 8 ? hit.RecordId[..8] : "", hit.Evidence, string.Join(", ", hit.Categories), age }.Where(part => part.Length > 0));
            console.Write(Tables.LaneLine(Codes.Lanes.Parse(hit.Lane), string.Create(CultureInfo.InvariantCulture, $" {hit.Score}  {head}")));
            console.WriteLine();
            if (hit.Why().Length > 0) console.Write(new Padder(new Text(Tables.Printable(hit.Why())), new Padding(4, 0, 0, 0)));
        }
    }

    private static void Rest(IAnsiConsole console, IReadOnlyList<HitLine> hits, long count)
    {
        if (count > Math.Min(hits.Count, Drawn)) console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"and {count - Math.Min(hits.Count, Drawn):N0} more; --out FILE writes all of them"));
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();
}
