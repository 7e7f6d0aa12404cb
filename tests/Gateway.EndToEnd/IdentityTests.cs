using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;
using Gateway.Broker.Certificates;
using Gateway.Cryptography;
using Gateway.Node.Broker;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;
using Gateway.Protocol.V1;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.EndToEnd;

public sealed class IdentityTests
{
    private const string Circle = "protocol";

    public enum Fault
    {
        Expired,
        ForeignAuthority,
        UnknownMember,
    }

    [Theory]
    [InlineData(Fault.ForeignAuthority, "CERTIFICATE_UNTRUSTED")]
    [InlineData(Fault.UnknownMember, "MEMBER_UNKNOWN")]
    public async Task A_node_whose_certificate_does_not_hold_is_refused_and_keeps_screening_what_it_knows(Fault fault, string code)
    {
        await using LocalNetwork network = await LocalNetwork.StartAsync();
        LocalNode retailer = await network.AddNodeAsync("retailer", MemberRole.Retailer);
        LocalNode customs = await network.AddNodeAsync("customs", MemberRole.Customs);
        await network.CreateCircleAsync(Circle, customs, retailer);
        Shipment bad = LocalNode.ShipmentOf("S1", "Someone Else Ltd", "sales@bad-shoes.example");
        Shipment other = LocalNode.ShipmentOf("S2", "Someone Else Ltd", "sales@never-met.example");
        await PublishAsync(retailer, "case-1", "Bad Shoes Trading GmbH", "sales@bad-shoes.example");
        await customs.UntilAsync(status => status.LiveRecords == 1, "the record");
        Assert.Equal(ScreeningDecision.Hit, (await customs.ScreenAsync(bad)).Decision);
        string good = await File.ReadAllTextAsync(customs.Directory.CertificateFile);

        await customs.StopAsync();
        using X509Certificate2 wrong = Issue(network, customs, fault);
        await File.WriteAllTextAsync(customs.Directory.CertificateFile, wrong.ExportCertificatePem());
        Refusal refusal = await RefusalOfAsync(network, customs);
        Assert.Equal((StatusCode.Unauthenticated, code), (refusal.Status, refusal.Code));

        // One whole attempt between two refusals: at no time has the node taken the broker for connected.
        await customs.StartAsync();
        Diary diary = new();
        customs.Services.GetRequiredService<ILoggerFactory>().AddProvider(diary);
        await diary.UntilAsync("BrokerAway");
        Assert.Equal(refusal.What, (await diary.UntilAsync("BrokerAway")).Detail);
        Assert.DoesNotContain("BrokerReached", diary.Events);

        // The log goes on without it; what it has, it screens against, and what it cannot ask about is not cleared.
        await PublishAsync(retailer, "case-2", "Worse Shoes Trading GmbH", "sales@never-met.example");
        GetStatusResponse status = await customs.StatusAsync();
        Assert.False(status.BrokerConnected);
        Assert.Equal(0, status.BrokerLastHeard);
        Assert.Equal(1ul, status.LiveRecords);
        Assert.Equal(ScreeningDecision.Hit, (await customs.ScreenAsync(bad)).Decision);
        Assert.Equal(ScreeningDecision.Pending, (await customs.Screening.ScreenAsync(new ScreenRequest { Shipment = other })).Result.Decision);

        // With the certificate that holds, everything that was missed comes.
        await customs.StopAsync();
        await File.WriteAllTextAsync(customs.Directory.CertificateFile, good);
        await customs.StartAsync();
        await customs.UntilAsync(status => status is { BrokerConnected: true, LiveRecords: 2 }, "the second record");
        Assert.Equal(ScreeningDecision.Hit, (await customs.ScreenAsync(other)).Decision);
    }

    [Fact]
    public async Task A_node_that_was_off_until_its_certificate_had_ended_renews_it_and_catches_up()
    {
        await using LocalNetwork network = await LocalNetwork.StartAsync();
        LocalNode retailer = await network.AddNodeAsync("retailer", MemberRole.Retailer);
        LocalNode customs = await network.AddNodeAsync("customs", MemberRole.Customs);
        await network.CreateCircleAsync(Circle, customs, retailer);
        await customs.StopAsync();
        using X509Certificate2 ended = Issue(network, customs, Fault.Expired);
        await File.WriteAllTextAsync(customs.Directory.CertificateFile, ended.ExportCertificatePem());
        Refusal refusal = await RefusalOfAsync(network, customs);
        Assert.Equal((StatusCode.Unauthenticated, "CERTIFICATE_EXPIRED"), (refusal.Status, refusal.Code));
        await PublishAsync(retailer, "case-1", "Bad Shoes Trading GmbH", "sales@bad-shoes.example");

        // Nobody lends a hand: the member key proves the request for a new certificate.
        await customs.StartAsync();
        GetStatusResponse status = await customs.UntilAsync(status => status is { BrokerConnected: true, LiveRecords: 1 }, "the record it missed");
        Assert.True(DateTimeOffset.FromUnixTimeSeconds(status.CertificateNotAfter) > TimeProvider.System.GetUtcNow());
        Assert.Equal(ScreeningDecision.Hit, (await customs.ScreenAsync(LocalNode.ShipmentOf("S1", "Someone Else Ltd", "sales@bad-shoes.example"))).Decision);
    }

    [Fact]
    public async Task A_shipment_in_which_nothing_can_be_looked_up_is_not_cleared()
    {
        await using LocalNetwork network = await LocalNetwork.StartAsync();
        LocalNode retailer = await network.AddNodeAsync("retailer", MemberRole.Retailer);
        Shipment typed = LocalNode.ShipmentOf("S1", "", "not an address");
        RpcException refused = await Assert.ThrowsAsync<RpcException>(async () => await retailer.ScreenAsync(typed));
        Assert.Equal("NO_CIRCLE_READ", refused.ToRefusal("node").Code);

        LocalNode customs = await network.AddNodeAsync("customs", MemberRole.Customs);
        await network.CreateCircleAsync(Circle, customs, retailer);
        ScreeningResult result = await retailer.ScreenAsync(typed);
        Assert.Equal((ScreeningDecision.NotScreened, Lane.Yellow), (result.Decision, result.Lane));
        Assert.Contains(result.RejectedFields, field => field.Code == "NOTHING_TO_SCREEN");
    }

    [Fact]
    public async Task A_node_that_comes_back_to_a_log_that_has_not_grown_is_connected()
    {
        await using LocalNetwork network = await LocalNetwork.StartAsync();
        LocalNode customs = await network.AddNodeAsync("customs", MemberRole.Customs);
        ulong size = (await customs.UntilAsync(status => status.LogSize > 0, "the log")).LogSize;

        await customs.StopAsync();
        await customs.StartAsync();

        GetStatusResponse status = await customs.UntilAsync(status => status.BrokerConnected, "the broker");
        Assert.Equal(size, status.LogSize);
    }

    private static async Task PublishAsync(LocalNode node, string reference, string name, string email) =>
        Assert.Equal(ContributionState.Published, Assert.Single(await node.ContributeAsync(LocalNode.Case(Circle, reference, name, email, "Hauptstraße 12", "Hamburg", "20095"))).State);

    // The node's own key each time: only the certificate is not what it should be.
    private static X509Certificate2 Issue(LocalNetwork network, LocalNode node, Fault fault)
    {
        using ECDsa key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(node.Directory.TlsKeyFile));
        TimeProvider lastWeek = new Shifted(TimeSpan.FromDays(-7));
        using CertificateAuthority authority = fault == Fault.ForeignAuthority
            ? CertificateAuthority.Create(LocalNetwork.Network, TimeProvider.System, RandomSource.System)
            : new CertificateAuthority(network.Authority, AuthorityKeyOf(network), fault == Fault.Expired ? lastWeek : TimeProvider.System, RandomSource.System);
        MemberId member = fault == Fault.UnknownMember ? MemberId.FromBytes(RandomSource.System.GetBytes(MemberId.Size)) : node.Member;
        return authority.Issue(new PublicKey(key), SpiffeId.ForNode(LocalNetwork.Network, member, "node-1"), TimeSpan.FromDays(1));
    }

    private static ECDsa AuthorityKeyOf(LocalNetwork network)
    {
        ECDsa key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(network.Options.Files.AuthorityKey));
        return key;
    }

    private static async Task<Refusal> RefusalOfAsync(LocalNetwork network, LocalNode node)
    {
        using X509Certificate2 pem = X509Certificate2.CreateFromPemFile(node.Directory.CertificateFile, node.Directory.TlsKeyFile);
        using X509Certificate2 certificate = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
        using X509Certificate2 authority = network.Authority;
        using BrokerConnection connection = BrokerConnection.WithCertificate(network.Address, LocalNetwork.Network, authority, certificate);
        MembershipService.MembershipServiceClient client = new(connection.Invoker);
        RpcException refused = await Assert.ThrowsAsync<RpcException>(async () => await client.GetDirectoryAsync(new GetDirectoryRequest()));
        return refused.ToRefusal("broker");
    }

    private sealed class Shifted(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + by;
    }

    /// <summary>What a node writes into its log, from the moment on at which this is added.</summary>
    private sealed class Diary : ILoggerProvider, ILogger
    {
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

        private readonly Channel<(string Name, string Detail)> _lines = Channel.CreateUnbounded<(string Name, string Detail)>();
        private readonly List<string> _read = [];

        public IReadOnlyList<string> Events => _read;

        /// <summary>The next line of a name; the lines before it are read, too.</summary>
        public async Task<(string Name, string Detail)> UntilAsync(string name)
        {
            using CancellationTokenSource patience = new(Patience);
            while (true)
            {
                (string Name, string Detail) line = await _lines.Reader.ReadAsync(patience.Token);
                _read.Add(line.Name);
                if (line.Name == name) return line;
            }
        }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            string detail = state is IEnumerable<KeyValuePair<string, object?>> values && values.FirstOrDefault(value => value.Key == "What").Value is string what ? what : "";
            _lines.Writer.TryWrite((eventId.Name ?? "", detail));
        }

        public void Dispose()
        {
        }
    }
}
