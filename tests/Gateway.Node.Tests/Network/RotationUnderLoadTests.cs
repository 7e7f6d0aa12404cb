using System.Security.Cryptography.X509Certificates;
using Gateway.Node.Broker;
using Gateway.Node.Identity;
using Gateway.Protocol.Identity;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Node.Tests.Network;

/// <summary>
/// Certificates and authorities change while records are published, the log is followed and identifiers are evaluated: no call fails. Three rotations; twenty where GATEWAY_LONG_TESTS is set.
/// </summary>
public sealed class RotationUnderLoadTests
{
    private static readonly int Rotations = Environment.GetEnvironmentVariable("GATEWAY_LONG_TESTS") is null ? 3 : 20;
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task Certificates_of_nodes_and_broker_are_renewed_without_a_failed_call()
    {
        await using RunningNetwork network = await RunningNetwork.StartAsync();
        await using Load load = await Load.StartAsync(network);
        for (int i = 0; i < Rotations; i++)
        {
            byte[][] before = [network.Broker.Certificate.Current.GetPublicKey(), .. load.Nodes.Select(node => KeyOf(node))];
            network.Broker.Certificate.Renew();
            foreach (RunningNode node in load.Nodes) await node.Services.GetRequiredService<CertificateRenewal>().RenewAsync(CancellationToken.None);
            byte[][] after = [network.Broker.Certificate.Current.GetPublicKey(), .. load.Nodes.Select(node => KeyOf(node))];
            Assert.All(before.Zip(after), pair => Assert.NotEqual(pair.First, pair.Second)); // A new key each time.
            await load.GoOnAsync();
        }

        await load.EndAsync(atLeastFollows: Rotations + 1);
    }

    [Fact]
    public async Task The_authority_is_changed_and_the_old_one_retired_without_a_failed_call()
    {
        await using RunningNetwork network = await RunningNetwork.StartAsync(options => options with { AuthoritySettling = Settling });
        await using Load load = await Load.StartAsync(network);
        for (int i = 0; i < Rotations; i++)
        {
            X509Certificate2 old = network.Broker.Authorities.InForce[0];
            byte[] young = network.Broker.Authorities.Prepare(network.Options.Network);
            await DecideAsync(network, AuthorityAction.Added, young);
            foreach (RunningNode node in load.Nodes) await UntilTrustedAsync(node, 2);
            await UntilAsync(() => network.Broker.Authorities.Issuing.Certificate.RawData.AsSpan().SequenceEqual(young));
            foreach (RunningNode node in load.Nodes) await node.Services.GetRequiredService<CertificateRenewal>().RenewAsync(CancellationToken.None);
            await load.GoOnAsync();
            await Task.Delay(Settling); // Not for something to happen: for nothing to be under way over the old connections.
            await DecideAsync(network, AuthorityAction.Retired, old.RawData);
            foreach (RunningNode node in load.Nodes)
            {
                await UntilTrustedAsync(node, 1);
                node.Services.GetRequiredService<BrokerConnection>().Renew(); // New connections, at once, under the new authority alone.
            }

            await load.GoOnAsync();
        }

        await load.EndAsync(atLeastFollows: (2 * Rotations) + 1);
    }

    [Fact]
    public async Task A_node_that_was_away_during_the_whole_overlap_says_so_and_comes_back_by_the_hand_of_people()
    {
        await using RunningNetwork network = await RunningNetwork.StartAsync(options => options with { AuthoritySettling = TimeSpan.Zero, AuthorityOverlap = TimeSpan.Zero });
        RunningNode node = await network.AddNodeAsync("away");
        await node.StartAsync();
        await node.UntilAsync(status => status.BrokerConnected && status.LogSize > 0);
        await node.StopAsync();
        X509Certificate2 old = network.Broker.Authorities.InForce[0];
        byte[] young = network.Broker.Authorities.Prepare(network.Options.Network);
        await DecideAsync(network, AuthorityAction.Added, young);
        await DecideAsync(network, AuthorityAction.Retired, old.RawData, forced: true);

        await node.StartAsync();
        GetStatusResponse away = await node.UntilAsync(status => status.Alarms.Any(alarm => alarm.Error.Code == "AUTHORITY_UNKNOWN"));
        Assert.False(away.BrokerConnected);
        using X509Certificate2 authority = X509CertificateLoader.LoadCertificate(young);
        await File.WriteAllTextAsync(node.Directory.TrustedFile, authority.ExportCertificatePem());
        GetStatusResponse back = await node.UntilAsync(status => status.BrokerConnected && status.LogSize == network.Broker.Signal.Size);
        Assert.Equal(network.Broker.Signal.Size, back.LogSize);
        await UntilAsync(() => !File.Exists(node.Directory.TrustedFile)); // The log names it by now.
        Assert.Equal(AuthoritySet.Fingerprint(authority), AuthoritySet.Fingerprint(Assert.Single(AuthoritySet.FromPem(await File.ReadAllTextAsync(node.Directory.AuthorityFile)).Authorities)));
    }

    private static byte[] KeyOf(RunningNode node) => node.Services.GetRequiredService<NodeCertificate>().Current!.GetPublicKey();

    private static async Task DecideAsync(RunningNetwork network, AuthorityAction action, byte[] authority, bool forced = false)
    {
        Change change = new() { CertificateAuthority = new CertificateAuthorityChange { Certificate = ByteString.CopyFrom(authority), Action = action, Forced = forced } };
        ChangeRecord proposed = await network.Broker.Changes.ProposeAsync("operator-1", change, CancellationToken.None);
        await network.Broker.Changes.ApproveAsync("operator-2", proposed.Id, CancellationToken.None);
    }

    private static Task UntilTrustedAsync(RunningNode node, int count) => UntilAsync(() => node.Services.GetRequiredService<NodeAuthorities>().Current.Authorities.Count == count);

    private static async Task UntilAsync(Func<bool> holds)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
        while (!holds()) await Task.Delay(20, patience.Token);
    }

    /// <summary>Two nodes: one publishes without a pause, the other screens identifiers that nobody has met before.</summary>
    private sealed class Load : IAsyncDisposable
    {
        private readonly CancellationTokenSource _ended = new();
        private readonly CallCounter[] _counters = [new(), new()];
        private Task[] _work = [];
        private int _published, _screened;

        private Load(RunningNode[] nodes) => Nodes = nodes;

        public RunningNode[] Nodes { get; }

        public static async Task<Load> StartAsync(RunningNetwork network)
        {
            Load load = new([await network.AddNodeAsync("publisher"), await network.AddNodeAsync("screener")]);
            for (int i = 0; i < load.Nodes.Length; i++)
            {
                CallCounter counter = load._counters[i];
                await load.Nodes[i].StartAsync(invoker => invoker.Intercept(counter));
            }

            await network.CreateCircleAsync("acx", load.Nodes);
            load._work = [Task.Run(load.PublishAsync), Task.Run(load.ScreenAsync)];
            await load.GoOnAsync();
            return load;
        }

        /// <summary>Waits until as much again was published and screened over whatever connections there are now.</summary>
        public async Task GoOnAsync()
        {
            (int published, int screened) = (_published + 3, _screened + 3);
            await UntilAsync(() => (_published >= published && _screened >= screened) || _work.Any(work => work.IsFaulted));
        }

        public async Task EndAsync(int atLeastFollows)
        {
            await _ended.CancelAsync();
            await Task.WhenAll(_work);
            Assert.All(_counters, counter => Assert.Empty(counter.Failures));
            Assert.All(_counters, counter => Assert.True(counter.Of("Follow") >= atLeastFollows, $"{counter.Of("Follow")} calls of Follow"));
            Assert.True(_counters[0].Of("Publish") > 0 && _counters[1].Of("Evaluate") >= 3);
            await Nodes[1].UntilAsync(status => status.LiveRecords == (ulong)_published);
            foreach (RunningNode node in Nodes) Assert.Empty((await node.Contributions.GetStatusAsync(new GetStatusRequest())).Alarms);
        }

        public async ValueTask DisposeAsync()
        {
            await _ended.CancelAsync();
            foreach (RunningNode node in Nodes) await node.StopAsync();
            _ended.Dispose();
        }

        private async Task PublishAsync()
        {
            while (!_ended.IsCancellationRequested)
            {
                using AsyncDuplexStreamingCall<ContributeRequest, ContributeResponse> call = Nodes[0].Contributions.Contribute();
                await call.RequestStream.WriteAsync(new ContributeRequest
                {
                    Contributions =
                    {
                        new Contribution
                        {
                            Circle = "acx", Reference = $"case-{_published}",
                            Summary = new Summary { Kind = RecordKind.BadActor, EvidenceGrade = EvidenceGrade.SeizureConfirmed, Categories = { GoodsCategory.Footwear }, Severity = Severity.High },
                            Subject = new Party { Kind = SubjectKind.Organisation, Name = $"Company {_published}", Identifiers = { new StatedIdentifier { Type = 1, Value = $"p{_published}@b.example" } } },
                        },
                    },
                });
                await call.RequestStream.CompleteAsync();
                ContributionOutcome? last = null;
                await foreach (ContributeResponse response in call.ResponseStream.ReadAllAsync()) last = response.Outcomes.LastOrDefault() ?? last;
                Assert.Equal(ContributionState.Published, last?.State);
                Interlocked.Increment(ref _published);
            }
        }

        private async Task ScreenAsync()
        {
            while (!_ended.IsCancellationRequested)
            {
                Party party = new() { Kind = SubjectKind.Organisation, Identifiers = { new StatedIdentifier { Type = 1, Value = $"s{_screened}@b.example" } } };
                ScreenResponse answer = await Nodes[1].Screening.ScreenAsync(new ScreenRequest
                {
                    WaitMilliseconds = 60_000,
                    Shipment = new Shipment { Id = $"S{_screened}", Parties = { new ShipmentParty { Role = PartyRole.Consignor, Party = party } } },
                });
                Assert.Equal(ScreeningDecision.Cleared, answer.Result.Decision);
                Interlocked.Increment(ref _screened);
            }
        }
    }
}
