namespace Gateway.Cli.Tests.Samples;
public class SmokeTests
{
    [Fact]
    public void Smoke()
    {
        var w = System.Diagnostics.Stopwatch.StartNew();
        using ComposedSample s = new();
        System.Console.WriteLine($"{w.ElapsedMilliseconds} ms {s.Summary}");
        foreach (var (k, v) in s.Summary.Distinct) System.Console.WriteLine($"{k} {v}");
        foreach (var f in s.Folder.GetFiles()) { System.Console.WriteLine($"{f.Name} {f.Length}"); f.CopyTo("/tmp/smp/" + f.Name, true); }
    }
}
