using System.Globalization;

namespace Gateway.Cli.Output;

/// <summary>A phase of a long command that is over.</summary>
/// <param name="Name">What it did.</param>
/// <param name="Seconds">How long it took.</param>
internal readonly record struct Phase(string Name, double Seconds);

/// <summary>Says what a long command does and how long it takes.</summary>
internal sealed class PhaseClock(CommandOutput output, TimeProvider time)
{
    private readonly List<Phase> _phases = [];

    /// <summary>The phases so far.</summary>
    public IReadOnlyList<Phase> Phases => _phases;

    /// <summary>All phases together.</summary>
    public double Seconds => _phases.Sum(phase => phase.Seconds);

    /// <summary>Runs a phase.</summary>
    /// <param name="name">What it does.</param>
    /// <param name="work">Does it; returns what came of it, in a few words.</param>
    public async Task RunAsync(string name, Func<Task<string>> work)
    {
        long start = time.GetTimestamp();
        string what = await work();
        double seconds = time.GetElapsedTime(start).TotalSeconds;
        _phases.Add(new Phase(name, seconds));
        output.Note(string.Create(CultureInfo.InvariantCulture, $"{seconds,6:0.0} s  {name}: {what}"));
    }
}
