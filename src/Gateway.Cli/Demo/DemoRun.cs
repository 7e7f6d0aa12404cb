using System.Globalization;
using System.Text.Json;
using Gateway.Cli.Lab;
using Gateway.Cli.Output;
using Gateway.Ledger;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Grpc.Core;

namespace Gateway.Cli.Demo;

/// <summary>One run of the demo, phase by phase.</summary>
internal sealed class DemoRun(Surroundings surroundings, CommandOutput output, bool json)
{
    private const int RowsForAcx = 60;
    private const int RowsOfRightsHolder = 8;
    private const int EvidenceOfRightsHolder = 3;

    private readonly CommandLine _commands = new(surroundings);
    private readonly PhaseClock _clock = new(output, surroundings.Time);

    /// <summary>Runs it.</summary>
    /// <param name="given">An empty folder to work in, or null for a temporary one.</param>
    /// <param name="keep">Whether the network goes on afterwards.</param>
    /// <param name="cancellation">Ends everything that was started.</param>
    /// <returns>The exit code: 0 when everything planted was found and nothing clean was flagged by a strong identifier.</returns>
    public async Task<int> RunAsync(string? given, bool keep, CancellationToken cancellation)
    {
        DemoFolder folder = DemoFolder.Of(given);
        LabNetwork network = LabNetwork.Make(folder.Lab, DefaultPlan.Plan, surroundings.Time);
        output.Note($"Demo in {folder.Path}");
        bool leave = true;
        try
        {
            bool good;
            await using (network)
            {
                good = await RunAsync(network, folder, keep, cancellation);
                if (keep) network.Processes.Release();
            }

            leave = keep || !good || !folder.IsTemporary;
            return good ? ExitCode.Ok : ExitCode.Refused;
        }
        catch (OperationCanceledException)
        {
            leave = !folder.IsTemporary;
            throw;
        }
        finally
        {
            if (!leave) Directory.Delete(folder.Path, recursive: true);
            else if (!keep) output.Note($"What the demo left: {folder.Path} (logs of the servers: {folder.Lab.Logs})");
        }
    }

    private async Task<bool> RunAsync(LabNetwork network, DemoFolder folder, bool keep, CancellationToken cancellation)
    {
        Checkpoint? log = null;
        DemoScreening? screening = null;
        Verdict? verdict = null;
        ILookup<string, RecordId>? records = null;
        LabFounding founding = new(network, _commands);
        await _clock.RunAsync("sample", () => ComposeAsync(folder, cancellation));
        PlantedTruth truth = PlantedTruth.Read(Path.Combine(folder.Sample, "planted.csv"));
        await _clock.RunAsync("network", async () =>
        {
            await founding.FoundNetworkAsync(cancellation);
            return "a broker and the nodes of two retailers, customs and a rights holder run as processes of their own";
        });
        await _clock.RunAsync("circles", async () =>
        {
            await founding.FoundCirclesAsync(cancellation);
            return "acx (the retailers) and customs-protocol (customs and all others) have keys that the broker does not";
        });
        await _clock.RunAsync("publish", () => PublishAsync(network, folder, cancellation));
        await _clock.RunAsync("feed", async () =>
        {
            log = await network.AwaitConvergenceAsync(cancellation);
            return string.Create(CultureInfo.InvariantCulture, $"every node has applied the log of {log.Size:N0} entries and has its root {Convert.ToHexStringLower(log.Root.ToArray())[..16]}…");
        });
        await _clock.RunAsync("screen", async () =>
        {
            string manifest = Path.Combine(folder.Sample, "manifest.csv");
            screening = await DemoScreening.RunAsync(network.NodeOf(DefaultPlan.Customs), manifest, folder.Hits, output, surroundings.Time, cancellation);
            return string.Create(CultureInfo.InvariantCulture, $"{screening.Report.Screened:N0} shipments at customs, none of them met before, {screening.Report.Rate:N0}/s");
        });
        await _clock.RunAsync("check", async () =>
        {
            records = await RecordsByReferenceAsync(network, cancellation);
            verdict = truth.Judge(screening!.Results, reference => records[reference]);
            return verdict.IsGood ? "everything planted was found, no clean shipment was flagged by a strong identifier" : "FAILED";
        });

        string[] next = keep ? [.. NextCommands(network, folder, records!)] : [];
        DemoReport report = new(_clock, log!, screening!, truth, verdict!, folder);
        if (json) output.Result(report.ToDocument(next), _ => { });
        else output.Human(console => report.Draw(console, next));
        return verdict!.IsGood;
    }

    private async Task<string> ComposeAsync(DemoFolder folder, CancellationToken cancellation)
    {
        JsonElement sample = await _commands.RunAsync(cancellation, "sample", "--out", folder.Sample);

        // What a retailer tells the other one, and what a rights holder confirms of it, are rows of the same files.
        Excerpt.Write(ActorsOf(folder, DefaultPlan.RetailerOne), PartFor(folder, DefaultPlan.RetailerOne), RowsForAcx, (_, value) => value);
        Excerpt.Write(ActorsOf(folder, DefaultPlan.RetailerTwo), PartFor(folder, DefaultPlan.RetailerTwo), RowsForAcx, (_, value) => value);
        Excerpt.Write(ActorsOf(folder, DefaultPlan.RetailerTwo), ActorsOf(folder, DefaultPlan.RightsHolder), RowsOfRightsHolder, (column, value) => column switch
        {
            "reference" => "confirmed-" + value,
            "evidence" => Codes.Evidence.All[EvidenceOfRightsHolder - 1],
            _ => value,
        });
        int actors = sample.GetProperty("retailer_one").GetInt32() + sample.GetProperty("retailer_two").GetInt32();
        return string.Create(CultureInfo.InvariantCulture, $"{actors:N0} actors and {sample.GetProperty("shipments").GetInt32():N0} shipments, {sample.GetProperty("planted").GetInt32():N0} of them planted");
    }

    private async Task<string> PublishAsync(LabNetwork network, DemoFolder folder, CancellationToken cancellation)
    {
        (LabMember Member, string File, string Circle)[] uploads =
        [
            (DefaultPlan.RetailerOne, ActorsOf(folder, DefaultPlan.RetailerOne), DefaultPlan.CustomsProtocol),
            (DefaultPlan.RetailerTwo, ActorsOf(folder, DefaultPlan.RetailerTwo), DefaultPlan.CustomsProtocol),
            (DefaultPlan.RightsHolder, ActorsOf(folder, DefaultPlan.RightsHolder), DefaultPlan.CustomsProtocol),
            (DefaultPlan.RetailerOne, PartFor(folder, DefaultPlan.RetailerOne), DefaultPlan.Acx),
            (DefaultPlan.RetailerTwo, PartFor(folder, DefaultPlan.RetailerTwo), DefaultPlan.Acx),
        ];
        JsonElement[] results = await Task.WhenAll(uploads.Select(upload => _commands.RunAsync(cancellation, "publish", upload.File, "--circle", upload.Circle, "--dir", network.FolderOf(upload.Member))));
        IEnumerable<string> said = new[] { DefaultPlan.CustomsProtocol, DefaultPlan.Acx }.Select(circle =>
            string.Create(CultureInfo.InvariantCulture, $"{uploads.Index().Where(upload => upload.Item.Circle == circle).Sum(upload => results[upload.Index].GetProperty("published").GetInt32()):N0} records in {circle}"));
        int refused = results.Sum(result => result.GetProperty("refused").GetInt32() + result.GetProperty("left_out").GetInt32());
        return string.Create(CultureInfo.InvariantCulture, $"{string.Join(", ", said)}, {refused} refused");
    }

    private static async Task<ILookup<string, RecordId>> RecordsByReferenceAsync(LabNetwork network, CancellationToken cancellation)
    {
        List<(string Reference, RecordId Id)> records = [];
        foreach (LabMember member in new[] { DefaultPlan.RetailerOne, DefaultPlan.RetailerTwo })
        {
            ListRecordsRequest request = new() { Circle = DefaultPlan.CustomsProtocol, Mine = true };
            using AsyncServerStreamingCall<ListRecordsResponse> call = network.NodeOf(member).Contributions.ListRecords(request, cancellationToken: cancellation);
            await foreach (ListRecordsResponse page in call.ResponseStream.ReadAllAsync(cancellation))
            {
                records.AddRange(page.Records.Where(line => line.RecordId.Length > 0).Select(line => (line.Reference, RecordId.FromBytes(line.RecordId.Span))));
            }
        }

        return records.ToLookup(record => record.Reference, record => record.Id, StringComparer.Ordinal);
    }

    // Every command names something that is there: an address that was published, a record that may be withdrawn.
    private static IEnumerable<string> NextCommands(LabNetwork network, DemoFolder folder, ILookup<string, RecordId> records)
    {
        (string reference, string email) = Excerpt.FirstWith(ActorsOf(folder, DefaultPlan.RetailerOne), "reference", "emails");
        string customs = $"--dir {network.FolderOf(DefaultPlan.Customs)}", retailer = $"--dir {network.FolderOf(DefaultPlan.RetailerOne)}";
        yield return $"./gateway query --email '{email.Split(';')[0]}' {customs}";
        yield return $"./gateway withdraw {records[reference].First()} --reason MISTAKE {retailer}     # and query again";
        yield return $"./gateway records --mine --limit 10 {retailer}";
        yield return $"./gateway log verify {customs}";
        yield return $"./gateway doctor {customs}";
        yield return $"./gateway demo --stop {folder.Path}";
    }

    private static string ActorsOf(DemoFolder folder, LabMember member) => Path.Combine(folder.Sample, $"actors-{member.Folder}.csv");

    private static string PartFor(DemoFolder folder, LabMember member) => Path.Combine(folder.Sample, $"actors-{member.Folder}-for-acx.csv");
}
