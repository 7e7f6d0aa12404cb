using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Broker.Hosting;
using Gateway.Cryptography;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Broker.Tests;

/// <summary>Operators come and go by four eyes too.</summary>
public sealed class OperatorTests
{
    [Fact]
    public async Task A_broker_does_not_begin_with_one_operator()
    {
        BrokerInitialiser initialiser = new(RandomSource.System, ManualTime.AtNoonToday());
        BrokerOptions options = new() { Directory = Path.Combine(Path.GetTempPath(), "gateway-broker-" + Guid.NewGuid().ToString("N")), Network = TestBroker.Network };
        foreach (string[] names in (string[][])[[], ["one"], ["one", "one"]])
        {
            BrokerOptionsException refused = await Assert.ThrowsAsync<BrokerOptionsException>(() => initialiser.InitialiseAsync(options, names, CancellationToken.None));
            Assert.Contains("two", refused.Message.Replace("2", "two", StringComparison.Ordinal), StringComparison.Ordinal);
            Assert.False(Directory.Exists(options.Directory));
        }
    }

    [Fact]
    public async Task A_third_operator_is_admitted_by_two_and_one_of_three_is_removed_and_refused_at_once()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Change admission = new() { Operator = new OperatorChange { Name = "third", Action = OperatorAction.Admitted, CertificateRequest = Request(key) } };
        Assert.Equal("OPERATORS_TOO_FEW", await CodeAsync(() => broker.ProposeAsync(Removal("second"))));
        using X509Certificate2 issued = X509CertificateLoader.LoadCertificate((await broker.DecideAsync(admission)).OperatorCertificate.ToByteArray());
        AdministrationService.AdministrationServiceClient third = new(broker.Connect(issued.CopyWithPrivateKey(key)));
        await third.ListChangesAsync(new ListChangesRequest());

        AdministrationService.AdministrationServiceClient second = broker.SecondOperator;
        await second.ListChangesAsync(new ListChangesRequest());
        ChangeRecord own = (await second.ProposeChangeAsync(new ProposeChangeRequest { Change = new Applicant(broker, "Retail", MemberRole.Retailer).Admission() })).Change;
        ChangeRecord removal = await broker.ProposeAsync(Removal("second"));
        await third.ApproveChangeAsync(new ApproveChangeRequest { Id = removal.Id });
        Assert.Equal("OPERATOR_REMOVED", await CodeAsync(async () => await second.ListChangesAsync(new ListChangesRequest())));

        // Nor does he act on through what he left behind, or through a call that was waiting its turn.
        Assert.Equal("AUTHOR_REMOVED", await CodeAsync(async () => await third.ApproveChangeAsync(new ApproveChangeRequest { Id = own.Id })));
        ChangeRecord other = await broker.ProposeAsync(new Applicant(broker, "Brand", MemberRole.RightsHolder).Admission());
        foreach (Func<Task> late in (Func<Task>[])[() => broker.Core.Changes.ApproveAsync("second", other.Id, CancellationToken.None), () => broker.Core.Changes.RejectAsync("second", other.Id, CancellationToken.None), () => broker.Core.Changes.ProposeAsync("second", other.Change, CancellationToken.None)])
        {
            Assert.Equal("OPERATOR_REMOVED", (await Assert.ThrowsAsync<RefusalException>(late)).Refusal.Code);
        }

        Assert.Equal("OPERATOR_REMOVED", await CodeAsync(async () => await broker.SecondOperator.RenewOperatorCertificateAsync(new RenewOperatorCertificateRequest { CertificateRequest = Request(key) })));
        Assert.Equal("OPERATOR_NAME_TAKEN", await CodeAsync(() => broker.ProposeAsync(new Change { Operator = new OperatorChange { Name = "second", Action = OperatorAction.Admitted, CertificateRequest = Request(key) } })));
        await broker.RestartAsync();
        Assert.Equal("OPERATOR_REMOVED", await CodeAsync(async () => await broker.SecondOperator.ListChangesAsync(new ListChangesRequest())));
        await broker.Operator.ListChangesAsync(new ListChangesRequest());
    }

    [Fact]
    public async Task A_certificate_of_the_authority_for_a_name_that_nobody_admitted_opens_nothing()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 issued = broker.Core.Authorities.Issuing.Issue(new PublicKey(key), Gateway.Protocol.Identity.SpiffeId.ForOperator(TestBroker.Network, "ghost"), TimeSpan.FromHours(1));
        AdministrationService.AdministrationServiceClient ghost = new(broker.Connect(issued.CopyWithPrivateKey(key)));
        Assert.Equal("OPERATOR_REMOVED", await CodeAsync(async () => await ghost.ListChangesAsync(new ListChangesRequest())));
    }

    [Fact]
    public async Task An_operator_renews_his_certificate_under_a_new_key_and_only_for_his_own_name()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await AdvanceAsync(TimeSpan.FromDays(300));
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        RenewOperatorCertificateResponse renewed = await broker.Operator.RenewOperatorCertificateAsync(new RenewOperatorCertificateRequest { CertificateRequest = Request(key, "CN=second") });
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(renewed.Certificate.ToByteArray());
        await AdvanceAsync(TimeSpan.FromDays(100));
        Assert.Equal("CERTIFICATE_EXPIRED", await CodeAsync(async () => await broker.Operator.ListChangesAsync(new ListChangesRequest())));
        AdministrationService.AdministrationServiceClient first = new(broker.Connect(certificate.CopyWithPrivateKey(key)));
        ChangeRecord own = (await first.ProposeChangeAsync(new ProposeChangeRequest { Change = new Applicant(broker, "Retail", MemberRole.Retailer).Admission() })).Change;
        Assert.Equal(TestBroker.FirstOperator, own.Author);
        Assert.Equal("OWN_CHANGE", await CodeAsync(async () => await first.ApproveChangeAsync(new ApproveChangeRequest { Id = own.Id })));

        async Task AdvanceAsync(TimeSpan time)
        {
            broker.Time.Advance(time);
            await broker.RunDailyWorkAsync(); // The broker renews its own certificate.
        }
    }

    private static Change Removal(string name) => new() { Operator = new OperatorChange { Name = name, Action = OperatorAction.Removed } };

    private static ByteString Request(ECDsa key, string subject = "CN=third") => ByteString.CopyFrom(new CertificateRequest(subject, key, HashAlgorithmName.SHA256).CreateSigningRequest());

    private static async Task<string> CodeAsync(Func<Task> call) => (await Assert.ThrowsAsync<RpcException>(call)).ToRefusal("broker").Code;
}
