using System.Globalization;

namespace Gateway.Benchmarks;

/// <summary>Prints figures beside their goals. Lines without a goal say where the others come from.</summary>
internal sealed class FigureTable(TextWriter output)
{
    private const int NameWidth = 66;

    /// <summary>The heading.</summary>
    public void Begin(string title)
    {
        output.WriteLine(title);
        output.WriteLine($"{"",-NameWidth}{"min",11}{"median",11}{"max",11}  {"unit",-12}{"goal",-12}result");
    }

    /// <summary>A figure of which more is better.</summary>
    public void AtLeast(string name, IEnumerable<double> runs, string unit, double goal) => Print(name, runs, unit, $"≥ {Text(goal)}", median => median >= goal);

    /// <summary>A figure of which less is better.</summary>
    public void AtMost(string name, IEnumerable<double> runs, string unit, double goal) => Print(name, runs, unit, $"≤ {Text(goal)}", median => median <= goal);

    /// <summary>A figure without a goal.</summary>
    public void Note(string name, IEnumerable<double> runs, string unit) => Print(name, runs, unit, "", null);

    /// <summary>A line of words.</summary>
    public void Say(string line) => output.WriteLine(line);

    private void Print(string name, IEnumerable<double> runs, string unit, string goal, Func<double, bool>? holds)
    {
        double[] sorted = [.. runs.Order()];
        double median = sorted[sorted.Length / 2];
        string result = holds is null ? "" : holds(median) ? "reached" : "MISSED";
        output.WriteLine($"{name,-NameWidth}{Text(sorted[0]),11}{Text(median),11}{Text(sorted[^1]),11}  {unit,-12}{goal,-12}{result}");
    }

    private static string Text(double value) => value.ToString(value >= 1_000 ? "N0" : value >= 10 ? "F1" : "F2", CultureInfo.InvariantCulture);
}
