using System.Globalization;
using System.Security.Cryptography;
using Gateway.Cli.Input;
using Gateway.Cli.Samples;
using Gateway.Cryptography;
using Gateway.Matching.Identifiers;
using Gateway.Matching.Names;
using Gateway.Node.Broker;
using Gateway.Node.Matching;
using Gateway.Node.Screening;
using Gateway.Protocol;
using Gateway.Protocol.V1;
using IdentifierClass = Gateway.Matching.Identifiers.IdentifierClass;
using NameLayout = Gateway.Matching.Names.NameLayout;
using Shipment = Gateway.Protocol.V1.Shipment;

namespace Gateway.Benchmarks;

/// <summary>
/// Screening in a circle that compares names by words, warm, one core: shipments of the sample manifest against records of listed organisations. A sender met before is known with the answer of
/// the last comparison; one met for the first time has its words keyed, its candidates found and aligned. Beside them the same names in clear text in PostgreSQL and SQLite.
/// </summary>
internal static class NameMatcherBench
{
    private const int Records = 3_000;
    private const int Rows = 111_400;
    private const int PeerQueries = 2_000;
    private const int Runs = 3;

    public static async Task RunAsync(TextWriter output)
    {
        Cores.Use(2);
        await using BenchNetwork network = await BenchNetwork.StartAsync(NameMatching.FuzzyAll, "one", "two");
        BenchMember member = network.Members[0];
        string[] listed = [.. SampleSource.Open(NodeScreeningBench.SamplesFolder()).Entities.Where(entity => !entity.IsPerson).Select(entity => entity.Name).Distinct().Take(Records)];
        await using RunningNode node = await RunningNode.StartAsync(member.Directory, member.Directory.StoreFile);
        using (BrokerConnection sender = network.Connect(network.Members[1])) await Upload.RunAsync([sender], [[.. listed.Select(name => Seal(network.Members[1], name))]], 256);
        await node.UntilAsync(view => view.Size >= network.LogSize);

        string manifest = Path.Combine(network.Folder, "manifest.csv");
        SampleManifest.Write(manifest, Rows);
        Screener screener = node.Get<Screener>();
        Shipment[] shipments = [.. SampleManifest.Shipments(screener, manifest)];
        await LearnAsync(node, member, screener, shipments);

        Cores.Use(1);
        string[] queries = [.. shipments.SelectMany(shipment => shipment.Parties).Where(party => party.Role != Gateway.Protocol.V1.PartyRole.Consignee && party.Party.Name.Length > 2).Select(party => party.Party.Name).Distinct().Take(PeerQueries)];
        ShipmentBatch[] batches = SampleManifest.Batches(manifest);
        (double Elapsed, double Processor) first = Measurement.Both(shipments.Length, () => Screen(screener, batches, out _));
        List<(double Elapsed, double Processor)> warm = [], after = [];
        long similar = 0;
        for (int run = 0; run < Runs; run++) warm.Add(Measurement.Both(shipments.Length, () => Screen(screener, batches, out similar)));
        for (int run = 0; run < Runs; run++)
        {
            Cores.Use(2);
            using (BrokerConnection sender = network.Connect(network.Members[1])) await Upload.RunAsync([sender], [[.. Enumerable.Range(0, 50).Select(i => Seal(network.Members[1], $"{listed[(run * 50) + i]} {i}"))]], 50);
            await node.UntilAsync(view => view.Size >= network.LogSize);
            Cores.Use(1);
            after.Add(Measurement.Both(shipments.Length, () => Screen(screener, batches, out _)));
        }

        FigureTable table = new(output);
        double names = shipments.Average(shipment => (double)screener.Prepare(shipment).Names.Count), keys = shipments.Average(shipment => (double)screener.Prepare(shipment).Names.Sum(name => name.Hashes.Length));
        table.Begin(string.Create(CultureInfo.InvariantCulture, $"Screening with NAME keys: {listed.Length:N0} records, {shipments.Length:N0} shipments, {names:F1} names and {keys:F0} NAME identifiers each, one core; load average {Machine.Load()}"));
        table.AtLeast("shipments of senders met before", warm.Select(one => 1e9 / one.Elapsed), "shipments/s", 100_000);
        table.Note("  in a second of processor time", warm.Select(one => 1e9 / one.Processor), "shipments/s");
        table.Note("the same after 50 more records: what words meet is looked at again for each sender", after.Select(one => 1e9 / one.Elapsed), "shipments/s");
        table.Note("  in a second of processor time", after.Select(one => 1e9 / one.Processor), "shipments/s");
        table.Note("shipments with a name like a record's, which go the long way each time", [100.0 * similar / shipments.Length], "%");
        table.Note("the first pass over them: each sender keyed and compared once", [1e9 / first.Elapsed], "shipments/s");
        table.Note("  in a second of processor time", [1e9 / first.Processor], "shipments/s");
        Cores.Use(2);
        table.Note("beside: SQLite FTS5 trigram, best-ranked name, in clear text", [TrigramPeer.Measure(listed, queries)], "names/s");
        using PostgresPeer? postgres = PostgresPeer.Start(out string reason);
        if (postgres?.Measure(listed, queries, out reason) is { } rate)
        {
            table.Note("beside: PostgreSQL pg_trgm with GIN, most similar name, in clear text", [rate], "names/s");
            table.Say($"  {postgres.Version}");
        }
        else
        {
            table.Say($"beside: PostgreSQL not measured: {reason}");
        }

        output.WriteLine();
    }

    private static long Screen(Screener screener, ShipmentBatch[] batches, out long similar)
    {
        ShipmentParts parts = screener.NewParts();
        ClearedShipments search = screener.NewSearch();
        bool[] cleared = new bool[4_096];
        long decided = similar = 0;
        foreach (ShipmentColumns columns in batches.Select(parts.Take))
        {
            decided += screener.Clear(search, columns, 0, columns.Count, cleared);
            for (int i = 0; i < columns.Count; i++)
            {
                if (cleared[i]) continue;
                ScreeningResult result = screener.DecideAsync(screener.Prepare(columns, i), CancellationToken.None).AsTask().GetAwaiter().GetResult();
                similar += result.SimilarNames.Count > 0 ? 1 : 0;
                decided++;
            }
        }

        return decided;
    }

    private static async Task LearnAsync(RunningNode node, BenchMember member, Screener screener, Shipment[] shipments)
    {
        Dictionary<UInt128, Identifier> identifiers = [];
        foreach (PreparedShipment prepared in shipments.Select(screener.Prepare))
        {
            for (int i = 0; i < prepared.Hashes.Length; i++) identifiers[prepared.Hashes[i]] = prepared.Keys.Identifiers[i].Identifier;
            foreach ((UInt128 hash, Identifier identifier) in node.Get<NameSimilarity>().UnknownOf(prepared.Names)) identifiers[hash] = identifier;
        }

        foreach (KeyValuePair<UInt128, Identifier>[] some in identifiers.Chunk(10_000))
        {
            await node.Get<NodeMatcher>().LearnAsync([.. some.Select(pair => new EvaluatedIdentifier(pair.Key, EvaluationOf(pair.Value)))], member.OprfVersion, CancellationToken.None);
        }
    }

    // Any 64 bytes do for an evaluation, as long as publisher and reader agree on them.
    private static byte[] EvaluationOf(Identifier identifier) => SHA512.HashData(identifier.Encode());

    private static SealedRecord Seal(BenchMember member, string text)
    {
        KeyedName name = NameKeys.Of(text, PartyKind.Organisation);
        Dictionary<Identifier, byte[]> evaluations = name.Identifiers.Where(identifier => identifier.Class == IdentifierClass.Name).Distinct().Take(250).ToDictionary(identifier => identifier, EvaluationOf);
        uint expiry = UtcDay.Of(DateTimeOffset.UtcNow).Number + 365;
        return new RecordSealer(RandomSource.System).Seal(new SealRequest
        {
            Circle = member.Circle,
            OprfVersion = member.OprfVersion,
            Member = member.Id,
            Keys = member.Keys,
            Summary = new Summary { Kind = RecordKind.BadActor, EvidenceGrade = EvidenceGrade.SeizureConfirmed, Categories = { GoodsCategory.Footwear }, Severity = Severity.High, FirstSeenDay = expiry - 500, LastSeenDay = expiry - 400, ExpiryDay = expiry },
            Identifiers = [new SealIdentifier(1, RandomNumberGenerator.GetBytes(VoprfClient.OutputSize), OpensRecord: true), .. evaluations.Select(pair => new SealIdentifier((ushort)pair.Key.Type, pair.Value, OpensRecord: false))],
            LayOutNames = placeOf => LayOut(NameLayout.Of(name, identifier => evaluations.TryGetValue(identifier, out byte[]? evaluation) ? placeOf(evaluation) : -1)),
            FillBody = (body, _) => body.SubjectKind = SubjectKind.Organisation,
        });
    }

    private static IEnumerable<Gateway.Protocol.V1.NameLayout> LayOut(NameLayout name)
    {
        Gateway.Protocol.V1.NameLayout layout = new();
        HashSet<int> places = [];
        foreach (Matching.Names.WordLayout word in name.Words.Where(word => word.Exact >= 0 && places.Add(word.Exact)))
        {
            Gateway.Protocol.V1.WordLayout laid = new() { Exact = (uint)word.Exact };
            laid.Skeletons.AddRange(word.Skeletons.Where(place => place >= 0).Distinct().Take(NameLayoutRules.MostPlaces / 2).Select(place => (uint)place));
            laid.Deletions.AddRange(word.Deletions.Where(place => place >= 0).Distinct().Take((NameLayoutRules.MostPlaces / 2) - 1).Select(place => (uint)place));
            layout.Words.Add(laid);
        }

        if (layout.Words.Count > 0) yield return layout;
    }
}
