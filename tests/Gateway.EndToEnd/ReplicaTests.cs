using System.Diagnostics;
using System.Diagnostics.Metrics;
using Gateway.Node;
using Gateway.Node.Replicas;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Gateway.Storage.Node;
using Gateway.Storage.Tests.Postgres;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Xunit.Abstractions;

namespace Gateway.EndToEnd;

/// <summary>Several processes of one member's node on one PostgreSQL.</summary>
public sealed class ReplicaTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    [PostgresFact]
    public async Task Either_of_two_replicas_answers_takes_and_tells_as_the_other_and_one_goes_on_when_the_other_stops()
    {
        using PostgresCluster cluster = new();
        await using LocalNetwork network = await LocalNetwork.StartAsync();
        LocalNode retailer = await network.AddNodeAsync("retailer", MemberRole.Retailer);
        LocalNode[] replicas = await network.AddReplicasAsync("second", MemberRole.Retailer, cluster.NewSchema(), 2);
        await replicas[0].StartAsync();
        await UntilAsync(() => LeadsAsync(replicas[0]));

        // The circle is joined at one, its key is known at the other, which came later.
        await network.CreateCircleAsync("protocol", replicas[0], retailer);
        await replicas[1].StartAsync();
        Assert.False(await LeadsAsync(replicas[1]));
        await replicas[1].UntilAsync(status => status.BrokerConnected && status.Circles.Any(circle => circle.Epoch == 0), "the key of the circle, and the word that the other hears the broker");

        // What another member publishes both meet: one that had evaluated the identifier before, and one that had not.
        foreach (LocalNode replica in replicas) Assert.Equal(ScreeningDecision.Cleared, (await ScreenAsync(replica, "S1", "first@bad.example")).Decision);
        ByteString first = await PublishAsync(retailer, "case-1", "first@bad.example");
        foreach (LocalNode replica in replicas) await UntilAsync(async () => (await ScreenAsync(replica, "S2", "first@bad.example")).Decision == ScreeningDecision.Hit);
        await UntilAsync(async () => (await AlertsAsync(replicas[1])).Any(alert => alert.Reference == "S1" && alert.Hit.RecordId == first));

        // What people do at the one that does not lead, the other carries out.
        ByteString own = await PublishAsync(replicas[1], "own-1", "own@bad.example");
        await UntilAsync(async () => (await ScreenAsync(retailer, "S3", "own@bad.example")).Decision == ScreeningDecision.Hit);
        RegisterSellerResponse registered = await replicas[1].Watch.RegisterSellerAsync(new RegisterSellerRequest { Seller = new Seller { Reference = "seller-1", Party = PartyOf("seller@shop.example") }, WaitMilliseconds = 60_000 });
        Assert.Equal(ScreeningDecision.Cleared, registered.Result.Decision);
        await PublishAsync(retailer, "case-2", "seller@shop.example");
        await UntilAsync(async () => (await AlertsAsync(replicas[0])).Any(alert => alert.Reference == "seller-1"));

        // What was dismissed at one is dismissed at the other.
        Alert alert = (await AlertsAsync(replicas[0])).First(alert => alert.Reference == "seller-1");
        await replicas[1].Watch.DismissAsync(new DismissRequest { AlertId = alert.Id, By = "ann", Reason = "another company of that name" });
        await UntilAsync(async () => (await replicas[0].Screening.QueryAsync(new QueryRequest { Party = PartyOf("seller@shop.example"), WaitMilliseconds = 60_000 })).Result.Hits is [{ Dismissal: not null }]);

        // The end of a record is seen by both.
        await retailer.Contributions.WithdrawRecordAsync(new WithdrawRecordRequest { RecordId = first, Reason = WithdrawalReason.Mistake });
        foreach (LocalNode replica in replicas) await UntilAsync(async () => (await ScreenAsync(replica, "S4", "first@bad.example")).Decision == ScreeningDecision.Cleared);

        // The one that leads stops; the other follows the log, publishes, withdraws.
        await replicas[0].StopAsync();
        await UntilAsync(() => LeadsAsync(replicas[1]));
        await PublishAsync(retailer, "case-3", "third@bad.example");
        await UntilAsync(async () => (await ScreenAsync(replicas[1], "S5", "third@bad.example")).Decision == ScreeningDecision.Hit);
        await replicas[1].Contributions.WithdrawRecordAsync(new WithdrawRecordRequest { RecordId = own, Reason = WithdrawalReason.Mistake });
        await UntilAsync(async () => (await ScreenAsync(retailer, "S6", "own@bad.example")).Decision == ScreeningDecision.Cleared);

        // And back: what began again knows what the other did meanwhile, and both hold what the retailer's node holds.
        await replicas[0].StartAsync();
        Assert.False(await LeadsAsync(replicas[0]));
        foreach (LocalNode replica in replicas) Assert.Equal(ScreeningDecision.Hit, (await ScreenAsync(replica, "S7", "third@bad.example")).Decision);
        await UntilAsync(async () => await DigestAsync(replicas[1]) == await DigestAsync(retailer));
        foreach (LocalNode replica in replicas) Assert.DoesNotContain((await replica.StatusAsync()).Alarms, alarm => alarm.Error.Code is "WORK_FAILED" or "LIVE_DIGEST_DIFFERS" or "STORE_ROOT_DIFFERS");
    }

    [PostgresFact]
    public async Task An_identifier_that_both_replicas_meet_at_once_is_evaluated_once()
    {
        const int Identifiers = 700;
        using PostgresCluster cluster = new();
        await using LocalNetwork network = await LocalNetwork.StartAsync();
        LocalNode retailer = await network.AddNodeAsync("retailer", MemberRole.Retailer);
        LocalNode[] replicas = await network.AddReplicasAsync("second", MemberRole.Retailer, cluster.NewSchema(), 2);
        foreach (LocalNode replica in replicas) await replica.StartAsync();
        await network.CreateCircleAsync("protocol", retailer, replicas[0]);
        await replicas[1].UntilAsync(status => status.Circles.Any(circle => circle.Epoch == 0), "the key of the circle");
        HashSet<Meter> meters = [.. replicas.Select(replica => replica.Services.GetRequiredService<NodeMetrics>().Meter)];
        long evaluated = 0;
        using MeterListener listener = new();
        listener.InstrumentPublished = (instrument, measuring) =>
        {
            if (meters.Contains(instrument.Meter) && instrument.Name == "gateway.identifiers.evaluated") measuring.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, count, _, _) => Interlocked.Add(ref evaluated, count));
        listener.Start();

        // The same shipments at both at once, each with identifiers of its own and one that many share.
        ScreeningResult[] results = (await Task.WhenAll(replicas.Select(replica => StreamAsync(replica, Identifiers)))).SelectMany(of => of).ToArray();
        Assert.All(results, result => Assert.Equal(ScreeningDecision.Cleared, result.Decision));
        Assert.Equal(2 * Identifiers, results.Length);
        Assert.Equal(Identifiers + 1, Interlocked.Read(ref evaluated));
        foreach (LocalNode replica in replicas) Assert.Equal((ulong)Identifiers + 1, (await replica.StatusAsync()).KnownIdentifiers);
    }

    [PostgresFact]
    public async Task Whichever_of_two_processes_is_killed_or_stands_still_the_other_takes_over_and_nothing_is_lost_or_applied_twice()
    {
        using PostgresCluster cluster = new();
        await using LocalNetwork network = await LocalNetwork.StartAsync();
        LocalNode retailer = await network.AddNodeAsync("retailer", MemberRole.Retailer);
        LocalNode[] replicas = await network.AddReplicasAsync("second", MemberRole.Retailer, cluster.NewSchema(), 2);
        await replicas[0].StartAsync();
        await network.CreateCircleAsync("protocol", retailer, replicas[0]);
        await replicas[0].StopAsync();
        GatewayProcess[] processes = [.. replicas.Select(replica => Run(network, replica))];
        try
        {
            // Cases go to one after the other, as a load balancer would have it; the first is killed with SIGKILL in between, started again, and then the second.
            foreach (LocalNode replica in replicas) await TryAsync(replica, status => status.LogSize > 0);
            List<string> published = [];
            for (int round = 0; round < 2; round++)
            {
                published.Add(await PublishAnywhereAsync(replicas, round * 4, published.Count));
                processes[round].Kill();
                Stopwatch away = Stopwatch.StartNew();
                LocalNode[] left = [replicas[1 - round]];
                published.Add(await PublishAnywhereAsync(left, (round * 4) + 1, published.Count));
                ByteString foreign = await PublishAsync(retailer, $"foreign-{round}", $"foreign{round}@bad.example");
                await TryAsync(left[0], status => status.BrokerConnected);
                await UntilAsync(async () => await MeetsAsync(left[0], $"foreign{round}@bad.example", foreign));
                output.WriteLine($"after the kill of {round}: the other met a new record after {away.Elapsed.TotalSeconds:0.0} s");
                processes[round] = Run(network, replicas[round]);
                await TryAsync(replicas[round], status => status.LogSize > 0);
                published.Add(await PublishAnywhereAsync([replicas[round]], (round * 4) + 2, published.Count));
            }

            // The one that leads now (the second came back last) is suspended until the other has taken over; what it still believes when it goes on, it can write nowhere.
            processes[0].Suspend();
            published.Add(await PublishAnywhereAsync([replicas[1]], 8, 0));
            await PublishAsync(retailer, "foreign-2", "foreign2@bad.example");
            await UntilAsync(() => MeetsAsync(replicas[1], "foreign2@bad.example", null));
            processes[0].Resume();
            published.Add(await PublishAnywhereAsync([replicas[0]], 9, 0));

            // Each reference one live record at the retailer, and both replicas hold the same as he does.
            GetStatusResponse status = await retailer.UntilAsync(status => status.LiveRecords >= (ulong)published.Count + 3, "all records");
            Assert.Equal((ulong)published.Count + 3, status.LiveRecords);
            foreach (LocalNode replica in replicas)
            {
                GetStatusResponse held = await TryAsync(replica, now => now.LogSize == status.LogSize && now.LiveRecords == status.LiveRecords && now.OutboxWaiting == 0);
                Assert.Equal(status.LogRoot, held.LogRoot);
                Assert.DoesNotContain(held.Alarms, alarm => alarm.Error.Code is "WORK_FAILED" or "LIVE_DIGEST_DIFFERS" or "STORE_ROOT_DIFFERS" or "FEED_GAP");
                foreach (string email in published) await UntilAsync(async () => await MeetsAsync(replica, email, null));
            }
        }
        finally
        {
            foreach (GatewayProcess process in processes) process.Dispose();
        }
    }

    private static GatewayProcess Run(LocalNetwork network, LocalNode replica) => GatewayProcess.Start(Path.Combine(network.Folder, Path.GetFileName(replica.Directory.Path) + ".out"), "node", "run", "--dir", replica.Directory.Path);

    private static Task<bool> LeadsAsync(LocalNode replica) => Task.FromResult(replica.Services.GetRequiredService<Leadership>().IsHeld);

    private static Party PartyOf(string email) => new() { Kind = SubjectKind.Organisation, Identifiers = { new StatedIdentifier { Type = 1, Value = email } } };

    private static Task<ScreeningResult> ScreenAsync(LocalNode node, string id, string email) => node.ScreenAsync(new Shipment { Id = id, Parties = { new ShipmentParty { Role = PartyRole.Consignor, Party = PartyOf(email) } } });

    private static async Task<ByteString> PublishAsync(LocalNode node, string reference, string email)
    {
        ContributionOutcome outcome = Assert.Single(await node.ContributeAsync(LocalNode.Case("protocol", reference, $"Bad Actor {reference} Trading GmbH", email)));
        Assert.Equal(ContributionState.Published, outcome.State);
        return outcome.RecordId;
    }

    private static async Task<List<Alert>> AlertsAsync(LocalNode node)
    {
        using AsyncServerStreamingCall<ListAlertsResponse> call = node.Watch.ListAlerts(new ListAlertsRequest());
        List<Alert> alerts = [];
        await foreach (ListAlertsResponse page in call.ResponseStream.ReadAllAsync()) alerts.AddRange(page.Alerts);
        return alerts;
    }

    private static async Task<string> DigestAsync(LocalNode node)
    {
        Gateway.Node.Feed.NodeView view = node.Services.GetRequiredService<Func<Gateway.Node.Feed.NodeView>>()();
        return (await node.Services.GetRequiredService<INodeStore>().ReadLiveDigestAsync(view.State.FindCircle("protocol")!.Id, view.Size, CancellationToken.None)).Digest.ToString();
    }

    private static async Task<List<ScreeningResult>> StreamAsync(LocalNode node, int identifiers)
    {
        using AsyncDuplexStreamingCall<ScreenStreamRequest, ScreenStreamResponse> call = node.Screening.ScreenStream();
        ScreenStreamRequest message = new() { WaitMilliseconds = 90_000 };
        for (int i = 0; i < identifiers; i++)
        {
            Party party = PartyOf($"seller{i}@shop.example");
            party.Identifiers.Add(new StatedIdentifier { Type = 1, Value = "shared@shop.example" });
            message.Shipments.Add(new Shipment { Id = $"S{i}", Parties = { new ShipmentParty { Role = PartyRole.Consignor, Party = party } } });
        }

        await call.RequestStream.WriteAsync(message);
        await call.RequestStream.CompleteAsync();
        List<ScreeningResult> final = [];
        await foreach (ScreenStreamResponse response in call.ResponseStream.ReadAllAsync()) final.AddRange(response.Results.Where(result => result.Final));
        return final;
    }

    // The reference is the same at every attempt: a case that was taken before its answer was lost is not published a second time.
    private static async Task<string> PublishAnywhereAsync(LocalNode[] replicas, int number, int turn)
    {
        string email = $"actor{number}@bad.example";
        using CancellationTokenSource patience = new(Patience);
        for (; ; turn++)
        {
            try
            {
                using Grpc.Net.Client.GrpcChannel channel = LocalNode.Connect(replicas[turn % replicas.Length].Directory.SocketFile);
                using AsyncDuplexStreamingCall<ContributeRequest, ContributeResponse> call = new ContributionsService.ContributionsServiceClient(channel).Contribute(cancellationToken: patience.Token);
                await call.RequestStream.WriteAsync(new ContributeRequest { Contributions = { LocalNode.Case("protocol", $"case-{number}", $"Bad Actor {number} Trading GmbH", email) } }, patience.Token);
                await call.RequestStream.CompleteAsync();
                ContributionOutcome last = new();
                await foreach (ContributeResponse response in call.ResponseStream.ReadAllAsync(patience.Token)) last = response.Outcomes[^1];
                if (last.State == ContributionState.Published) return email;
                Assert.Equal(ContributionState.Queued, last.State);
            }
            catch (RpcException) when (!patience.IsCancellationRequested)
            {
                await Task.Delay(200, patience.Token);
            }
        }
    }

    private static async Task<bool> MeetsAsync(LocalNode replica, string email, ByteString? record)
    {
        using Grpc.Net.Client.GrpcChannel channel = LocalNode.Connect(replica.Directory.SocketFile);
        QueryResponse answer = await new ScreeningService.ScreeningServiceClient(channel).QueryAsync(new QueryRequest { Party = PartyOf(email), WaitMilliseconds = 60_000 });
        return answer.Result.Hits is [{ } hit] && (record is null || hit.RecordId == record);
    }

    private static async Task<GetStatusResponse> TryAsync(LocalNode replica, Func<GetStatusResponse, bool> holds)
    {
        using CancellationTokenSource patience = new(Patience);
        GetStatusResponse? last = null;
        while (!patience.IsCancellationRequested)
        {
            try
            {
                using Grpc.Net.Client.GrpcChannel channel = LocalNode.Connect(replica.Directory.SocketFile);
                last = await new ContributionsService.ContributionsServiceClient(channel).GetStatusAsync(new GetStatusRequest());
                if (holds(last)) return last;
            }
            catch (RpcException away)
            {
                Assert.True(away.IsLoss(), away.ToString());
            }

            await Task.Delay(200);
        }

        throw new TimeoutException($"{Path.GetFileName(replica.Directory.Path)} did not come to it; its last status is {last}");
    }

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        using CancellationTokenSource patience = new(Patience);
        while (!await holds())
        {
            if (patience.IsCancellationRequested) throw new TimeoutException("It did not come true.");
            await Task.Delay(100);
        }
    }
}
