using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Gateway.Cryptography;
using Gateway.Node.Broker;
using Gateway.Node.Matching;
using Gateway.Node.Screening;
using Gateway.Node.Watch;
using Gateway.Protocol;
using Gateway.Protocol.V1;
using Gateway.Storage.Node;

namespace Gateway.Benchmarks;

/// <summary>A node that watches many sellers: how fast a record becomes an alert, how fast an account opening is answered, and what remembering a shipment costs.</summary>
internal sealed class WatchBench(int sellers)
{
    private const int Records = 100, Openings = 2_000, Message = 500, EmailPosition = 2;

    public async Task RunAsync(TextWriter output)
    {
        await using BenchNetwork network = await BenchNetwork.StartAsync("one", "two");
        BenchMember sender = network.Members[0], member = network.Members[1];
        await using RunningNode node = await RunningNode.StartAsync(member.Directory, member.Directory.StoreFile);
        await node.UntilAsync(view => view.Size >= network.LogSize);

        Seller[] watched = [.. Enumerable.Range(0, sellers).Select(i => SellerOf("seller", i))];
        byte[][] evaluations = await LearnAsync(node, member, watched);
        long begun = Stopwatch.GetTimestamp();
        foreach (Seller[] part in watched.Chunk(Message)) await node.Get<SellerBook>().RegisterAsync(part, CancellationToken.None);
        double registering = sellers / Stopwatch.GetElapsedTime(begun).TotalSeconds;

        List<double> alerts = await MeasureAlertsAsync(network, sender, node, evaluations);
        List<double> openings = await MeasureOpeningsAsync(node, member);
        FigureTable table = new(output);
        table.Begin(string.Create(CultureInfo.InvariantCulture, $"Watch: {sellers:N0} sellers with one known identifier each, store on disk; load average {Machine.Load()}"));
        table.Note("registering a file", [registering], "sellers/s");
        table.AtMost($"from a batch applied to its alert stored, {Records} records", alerts, "ms", 1_000);
        table.AtMost($"account opening over the socket, registration durable, {Openings} calls: p50", [Percentile(openings, 0.5)], "ms", 10);
        table.Note("  p99", [Percentile(openings, 0.99)], "ms");
        await MeasurePastAsync(node, table);
        output.WriteLine();
    }

    private static async Task<List<double>> MeasureAlertsAsync(BenchNetwork network, BenchMember sender, RunningNode node, byte[][] evaluations)
    {
        INodeStore store = node.Get<INodeStore>();
        List<double> times = [];
        long change = 0;
        for (int i = 0; i < Records; i++)
        {
            byte[] email = evaluations[RandomNumberGenerator.GetInt32(evaluations.Length)];
            SealedRecord[] record = sender.Seal(1, (_, position) => position == EmailPosition ? email : RandomNumberGenerator.GetBytes(VoprfClient.OutputSize));
            ulong before = node.View.Size;
            Task<bool> alerted = UntilAlertAsync(store, change);
            using (BrokerConnection connection = network.Connect(sender)) await Upload.RunAsync([connection], [record], 1);
            await node.UntilAsync(view => view.Size > before);
            long applied = Stopwatch.GetTimestamp();
            await alerted;
            times.Add(Stopwatch.GetElapsedTime(applied).TotalMilliseconds);
            await foreach (StoredAlert alert in store.ReadAlertsAsync(change, CancellationToken.None)) change = alert.Change;
        }

        return times;
    }

    private static async Task<bool> UntilAlertAsync(INodeStore store, long change)
    {
        while (true)
        {
            await foreach (StoredAlert _ in store.ReadAlertsAsync(change, CancellationToken.None)) return true;
            await Task.Delay(1);
        }
    }

    private static async Task<List<double>> MeasureOpeningsAsync(RunningNode node, BenchMember member)
    {
        Seller[] opening = [.. Enumerable.Range(0, Openings).Select(i => SellerOf("opening", i))];
        await LearnAsync(node, member, opening);
        List<double> times = [];
        foreach (Seller seller in opening)
        {
            long begun = Stopwatch.GetTimestamp();
            RegisterSellerResponse answer = await node.Watch.RegisterSellerAsync(new RegisterSellerRequest { Seller = seller });
            times.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
            if (answer.Result.Decision != ScreeningDecision.Cleared) throw new InvalidOperationException($"{seller.Reference} is {answer.Result.Decision}: its identifier should be known and clear.");
        }

        return times;
    }

    private static async Task MeasurePastAsync(RunningNode node, FigureTable table)
    {
        Screener screener = node.Get<Screener>();
        PastShipments past = node.Get<PastShipments>();
        PreparedShipment[] prepared = [.. NodeScreeningBench.Manifest().Take(20_000).Select(screener.Prepare)];
        ScreeningResult cleared = new() { Decision = ScreeningDecision.Cleared, Final = true };
        TimeSpan processor = Environment.CpuUsage.TotalTime;
        long begun = Stopwatch.GetTimestamp();
        foreach (PreparedShipment shipment in prepared) past.Add(shipment, cleared);
        double handing = Stopwatch.GetElapsedTime(begun).TotalNanoseconds / prepared.Length;
        await past.FlushAsync(CancellationToken.None);
        double all = (Environment.CpuUsage.TotalTime - processor).TotalMicroseconds / prepared.Length;
        PastSize size = await node.Get<INodeStore>().CountPastAsync(CancellationToken.None);
        table.Note($"remembering, {prepared.Length:N0} rows of the sample manifest: handing over", [handing], "ns");
        table.Note("  packing, sealing and storing, in the background", [all], "µs");
        table.Note("  sealed bytes a shipment", [(double)size.SealedBytes / size.Shipments], "bytes");
        table.Note("  index rows a shipment, of two numbers each", [(double)size.Keys / size.Shipments], "rows");
    }

    private static async Task<byte[][]> LearnAsync(RunningNode node, BenchMember member, Seller[] some)
    {
        Screener screener = node.Get<Screener>();
        EvaluatedIdentifier[] known = [.. some.Select(seller => new EvaluatedIdentifier(screener.Prepare(new Gateway.Matching.Identifiers.Party { Identifiers = [new(Gateway.Matching.Identifiers.IdentifierType.Email, seller.Party.Identifiers[0].Value)] }).Hashes.Single(), RandomNumberGenerator.GetBytes(VoprfClient.OutputSize)))];
        foreach (EvaluatedIdentifier[] part in known.Chunk(10_000)) await node.Get<NodeMatcher>().LearnAsync(part, member.OprfVersion, CancellationToken.None);
        return [.. known.Select(identifier => identifier.Evaluation)];
    }

    private static Seller SellerOf(string name, int number) => new()
    {
        Reference = $"{name}-{number}",
        Party = new Party { Kind = SubjectKind.Organisation, Identifiers = { new StatedIdentifier { Type = 1, Value = $"{name}{number}@shop.example" } } },
    };

    private static double Percentile(List<double> values, double part) => values.Order().ElementAt((int)((values.Count - 1) * part));
}
