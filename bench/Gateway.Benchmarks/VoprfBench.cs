using System.Diagnostics;
using Gateway.Cryptography;

namespace Gateway.Benchmarks;

/// <summary>Elements a second on one core, in full batches: what the broker does with a request, and what a node does around it.</summary>
internal sealed class VoprfBench
{
    private const int Batch = VoprfServer.MaximumBatch;
    private const int WarmUps = 1;
    private const int Runs = 7;
    private const int IdentifierBytes = 40;

    public static void Run(TextWriter output)
    {
        Cores.Use(1);
        using VoprfKey key = VoprfKey.Derive(RandomSource.System.GetBytes(VoprfKey.SeedSize), "bench"u8);
        VoprfServer server = new(key, RandomSource.System);
        VoprfClient client = new(RandomSource.System);
        Dictionary<string, List<double>> times = [], processorTimes = [];
        for (int run = -WarmUps; run < Runs; run++)
        {
            byte[][] inputs = [.. Enumerable.Range(0, Batch).Select(_ => RandomSource.System.GetBytes(IdentifierBytes))];
            BlindedInput[] blinded = Time("blind", () => inputs.Select(input => client.Blind(input)).ToArray());
            byte[][] request = [.. blinded.Select(input => input.Element.ToArray())];
            RistrettoElement[] received = Time("parse", () => request.Select(bytes => RistrettoElement.FromBytes(bytes)).ToArray());
            VoprfEvaluation evaluation = Time("evaluate", () => server.Evaluate(received));
            byte[][] answer = [.. evaluation.Elements.Select(element => element.ToArray())];
            bool proven = Time("verify", () =>
            {
                RistrettoElement[] evaluated = [.. answer.Select(bytes => RistrettoElement.FromBytes(bytes))];
                return VoprfClient.VerifyProof(key.PublicKey, [.. blinded.Select(input => input.Element)], evaluated, evaluation.Proof);
            });
            if (!proven) throw new InvalidOperationException("The proof of an honest evaluation does not hold.");
            byte[][] outputs = Time("finalise", () => VoprfClient.FinaliseBatch(blinded, evaluation.Elements));
            GC.KeepAlive(outputs);
            foreach (BlindedInput input in blinded) input.Dispose();

            T Time<T>(string step, Func<T> work)
            {
                long start = Stopwatch.GetTimestamp();
                TimeSpan cpu = Environment.CpuUsage.TotalTime;
                T result = work();
                double microseconds = Stopwatch.GetElapsedTime(start).TotalMicroseconds / Batch;
                if (run >= 0) (processorTimes.TryGetValue(step, out List<double>? used) ? used : processorTimes[step] = []).Add((Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / Batch);
                if (run >= 0) (times.TryGetValue(step, out List<double>? taken) ? taken : times[step] = []).Add(microseconds);
                return result;
            }
        }

        FigureTable table = new(output);
        table.Begin($"VOPRF(ristretto255, SHA-512), batches of {Batch}, one core; load average {Machine.Load()}");
        table.AtLeast("server: elements parsed, evaluated, proven", Rates(times, "parse", "evaluate"), "elements/s", 5_000);
        table.Note("  in a second of processor time", Rates(processorTimes, "parse", "evaluate"), "elements/s");
        table.AtLeast("client: blinded, proof verified, finalised", Rates(times, "blind", "verify", "finalise"), "elements/s", 2_000);
        table.Note("  in a second of processor time", Rates(processorTimes, "blind", "verify", "finalise"), "elements/s");
        foreach (string step in (string[])["parse", "evaluate", "blind", "verify", "finalise"]) table.Note($"  {step}", processorTimes[step], "µs");
        output.WriteLine();

        static IEnumerable<double> Rates(Dictionary<string, List<double>> taken, params string[] steps) => Enumerable.Range(0, Runs).Select(run => 1e6 / steps.Sum(step => taken[step][run]));
    }
}
