using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Cli.Lab;

namespace Gateway.Cli.Tests.Repository;

public sealed class ComposeFileTests
{
    [NeedsProgramFact("docker-compose")]
    public async Task The_compose_file_is_accepted_is_the_network_of_the_lab_and_every_service_is_locked_down()
    {
        using TemporaryFolder folder = new();

        (int exit, string output, string errors) = await CheckAsync(folder.Write("plan.json", DefaultPlan.Plan.ToJson()));

        Assert.True(exit == 0, output + errors);
    }

    [NeedsProgramFact("docker-compose")]
    public async Task The_check_finds_what_the_compose_file_has_otherwise_than_the_description()
    {
        using TemporaryFolder folder = new();
        JsonNode plan = JsonNode.Parse(DefaultPlan.Plan.ToJson())!;
        plan["members"]!.AsArray().Add(JsonSerializer.SerializeToNode(new { name = "Police", role = "POLICE" }));
        plan["circles"]![0]!["steward"] = "Retailer Two";

        (int exit, _, string errors) = await CheckAsync(folder.Write("plan.json", plan.ToJsonString()));

        Assert.Equal(1, exit);
        foreach (string fault in new[] { "the list of services is", "the command of police is None", "who is enrolled by docker/setup.sh is", "what is founded by docker/setup.sh is" }) Assert.Contains(fault, errors, StringComparison.Ordinal);
    }

    private static Task<(int Exit, string Output, string Errors)> CheckAsync(string plan) => Checkout.RunAsync(Checkout.PathOf("tests/compose/check.sh"), plan);
}
