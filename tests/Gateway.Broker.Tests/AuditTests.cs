using Gateway.Broker.Access;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Gateway.Storage.Audit;
using Grpc.Core;

namespace Gateway.Broker.Tests;

/// <summary>What operators do and what is refused stands in a chain.</summary>
public sealed class AuditTests
{
    [Fact]
    public async Task What_operators_did_and_what_was_refused_is_kept_in_order_and_survives_a_restart()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        TestBroker broker = network.Broker;
        ulong before = (await broker.Core.Store.Audit.ReadHeadAsync(CancellationToken.None))!.Number;
        ChangeRecord proposed = await broker.ProposeAsync(new Applicant(broker, "Brand", MemberRole.RightsHolder).Admission());
        await CodeAsync(async () => await broker.Operator.ApproveChangeAsync(new ApproveChangeRequest { Id = proposed.Id }));
        await CodeAsync(async () => await new AdministrationService.AdministrationServiceClient(network.Steward.Connect(broker)).ApproveChangeAsync(new ApproveChangeRequest { Id = proposed.Id }));
        await CodeAsync(async () => await new AdministrationService.AdministrationServiceClient(broker.Connect(null)).ListChangesAsync(new ListChangesRequest()));
        await broker.RestartAsync();
        await broker.Operator.RejectChangeAsync(new RejectChangeRequest { Id = proposed.Id });

        List<AuditEntry> entries = await ReadAsync(broker, before + 1);
        Assert.Equal(
            [
                ("operator first", "ProposeChange", "Admission", "done"), ("operator first", "ApproveChange", $"change {proposed.Id}", "OWN_CHANGE"), ($"member {network.Steward.Id}", "ApproveChange", $"change {proposed.Id}", "OPERATORS_ONLY"),
                ("anonymous 127.0.0.1", "ListChanges", "", "CERTIFICATE_MISSING"), ("operator first", "RejectChange", $"change {proposed.Id}", "done"),
            ],
            entries.Select(entry => (entry.Actor, entry.Action, entry.Subject, entry.Outcome)));
        AuditFinding finding = await AuditChain.VerifyAsync((await ReadAsync(broker, 1)).ToAsyncEnumerable(), entries[0], CancellationToken.None);
        Assert.Null(finding.Fault);
        Assert.DoesNotContain(await ReadAsync(broker, 1), entry => $"{entry.Actor}{entry.Action}{entry.Subject}".Contains("alex", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task One_peer_does_not_fill_the_chain_with_refusals_and_what_it_tried_is_counted()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        AdministrationService.AdministrationServiceClient nobody = new(broker.Connect(null));
        for (int i = 0; i < AuditTrail.RefusalsPerHour + 15; i++) await CodeAsync(async () => await nobody.ListChangesAsync(new ListChangesRequest()));
        Assert.Equal(AuditTrail.RefusalsPerHour, (await ReadAsync(broker, 1)).Count);
        broker.Time.Advance(TimeSpan.FromHours(1));
        await CodeAsync(async () => await nobody.ListChangesAsync(new ListChangesRequest()));
        AuditEntry[] last = [.. (await ReadAsync(broker, 1)).Where(entry => entry.Actor.StartsWith("anonymous", StringComparison.Ordinal)).TakeLast(2)];
        Assert.Equal(("REFUSED", 15UL), (last[0].Outcome, last[0].Count));
        Assert.Equal(("CERTIFICATE_MISSING", 1UL), (last[1].Outcome, last[1].Count));
    }

    private static async Task<List<AuditEntry>> ReadAsync(TestBroker broker, ulong from)
    {
        using AsyncServerStreamingCall<GetAuditResponse> call = broker.SecondOperator.GetAudit(new GetAuditRequest { From = from });
        List<AuditEntry> entries = await call.ResponseStream.ReadAllAsync().SelectMany(page => page.Entries).ToListAsync();
        return [.. entries.Where(entry => entry.Action != "GetAudit")];
    }

    private static async Task<string> CodeAsync(Func<Task> call) => (await Assert.ThrowsAsync<RpcException>(call)).ToRefusal("broker").Code;
}
