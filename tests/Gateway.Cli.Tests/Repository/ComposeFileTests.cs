namespace Gateway.Cli.Tests.Repository;

public sealed class ComposeFileTests
{
    [NeedsProgramFact("docker-compose")]
    public async Task The_compose_file_is_accepted_and_every_service_is_locked_down()
    {
        (int exit, string output, string errors) = await Checkout.RunAsync(Checkout.PathOf("tests/compose/check.sh"));

        Assert.True(exit == 0, output + errors);
    }
}
