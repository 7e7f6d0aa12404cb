using System.Globalization;
using Gateway.Cli.Input;
using Spectre.Console;

namespace Gateway.Cli.Output;

/// <summary>Takes the faults of a file: all go to the file of `--errors`, the first ones stay for the result.</summary>
public sealed class FaultSink : IDisposable
{
    /// <summary>Faults kept for the result.</summary>
    public const int Kept = 100;

    private readonly CsvResult? _file;
    private readonly Lock _gate = new();
    private readonly List<InputFault> _first = [];

    /// <summary>Opens it.</summary>
    /// <param name="path">File for all faults, or null.</param>
    public FaultSink(string? path) => _file = path is null ? null : new CsvResult(path, "line", "column", "name", "what", "remedy", "left_out");

    /// <summary>The first faults.</summary>
    public IReadOnlyList<InputFault> First => _first;

    /// <summary>Faults in all.</summary>
    public long Count { get; private set; }

    /// <summary>Rows left out.</summary>
    public long Rows { get; private set; }

    /// <summary>Takes the faults of one row.</summary>
    public void Add(IReadOnlyList<InputFault> faults)
    {
        if (faults.Count == 0) return;
        lock (_gate)
        {
            if (faults.Any(fault => fault.RowLeftOut)) Rows++;
            foreach (InputFault fault in faults)
            {
                Count++;
                if (_first.Count < Kept) _first.Add(fault);
                _file?.Write(fault.Line.ToString(CultureInfo.InvariantCulture), fault.Column, fault.Name, fault.What, fault.Remedy, fault.RowLeftOut ? "row" : "field");
            }
        }
    }

    /// <summary>Draws the first faults for people.</summary>
    public void Draw(IAnsiConsole console)
    {
        if (Count == 0) return;
        Table table = Tables.Of("Line", "Column", "Row", "What is wrong", "What to do", "Left out");
        foreach (InputFault fault in First)
        {
            table.AddText(fault.Line.ToString(CultureInfo.InvariantCulture), fault.Column, fault.Name, fault.What, fault.Remedy, fault.RowLeftOut ? "row" : "field");
        }

        console.Write(table);
        if (Count > First.Count) console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"and {Count - First.Count:N0} more; --errors FILE writes all of them"));
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();
}
