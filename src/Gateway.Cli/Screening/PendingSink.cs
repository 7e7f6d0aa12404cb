using System.Globalization;
using Gateway.Cli.Output;
using Gateway.Protocol.V1;
using Spectre.Console;

namespace Gateway.Cli.Screening;

/// <summary>One shipment that ended pending.</summary>
/// <param name="ShipmentId">Its id.</param>
/// <param name="Identifiers">Identifiers that wait for evaluation.</param>
/// <param name="Fields">The fields they stand in.</param>
public sealed record PendingLine(string ShipmentId, uint Identifiers, IReadOnlyList<string> Fields);

/// <summary>Takes the shipments that ended pending: all go to the file of `--pending`, the first stay for the result.</summary>
/// <param name="path">File for all of them, or null.</param>
public sealed class PendingSink(string? path) : IDisposable
{
    /// <summary>Shipments kept for the result.</summary>
    public const int Kept = 100;

    private const int Drawn = 10;

    private readonly CsvResult? _file = path is null ? null : new CsvResult(path, "shipment_id", "identifiers", "fields");
    private readonly List<PendingLine> _first = [];

    /// <summary>The first of them.</summary>
    public IReadOnlyList<PendingLine> First => _first;

    /// <summary>Shipments in all.</summary>
    public long Count { get; private set; }

    /// <summary>Takes a final result that is pending.</summary>
    public void Add(ScreeningResult result)
    {
        Count++;
        PendingLine line = new(result.ShipmentId, result.PendingIdentifiers, [.. result.PendingFields]);
        if (_first.Count < Kept) _first.Add(line);
        _file?.Write(line.ShipmentId, line.Identifiers.ToString(CultureInfo.InvariantCulture), string.Join(';', line.Fields));
    }

    /// <summary>Draws the first for people.</summary>
    public void Draw(IAnsiConsole console)
    {
        if (Count == 0) return;
        foreach (PendingLine line in _first.Take(Drawn))
        {
            console.WriteLine(Tables.Printable(string.Create(CultureInfo.InvariantCulture, $"PENDING  {line.ShipmentId}  {line.Identifiers} identifiers: {string.Join(", ", line.Fields)}")));
        }

        if (Count > Drawn) console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"and {Count - Math.Min(Count, Drawn):N0} more pending; --pending FILE writes all of them"));
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();
}
