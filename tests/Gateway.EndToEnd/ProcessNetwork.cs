using Gateway.Cli;
using Gateway.Cli.Lab;

namespace Gateway.EndToEnd;

/// <summary>A network as `gateway lab up` starts it, each broker and node a process of its own, for tests that kill them. It ends with the test, however that ends.</summary>
public sealed class ProcessNetwork : IAsyncDisposable
{
    private readonly LabNetwork _lab;

    private ProcessNetwork(LabNetwork lab) => _lab = lab;

    /// <summary>Founds a network of a broker, members (name and role) and one circle of all, whose steward is the first.</summary>
    public static async Task<ProcessNetwork> StartAsync(string circle, params (string Name, string Role)[] members)
    {
        LabPlan plan = new()
        {
            Network = LocalNetwork.Network,
            Members = [.. members.Select(member => new LabMember { Name = member.Name, Role = member.Role })],
            Circles = [new LabCircle { Name = circle, Template = "customs-protocol", Steward = members[0].Name, Members = [.. members.Select(member => member.Name)] }],
        };
        ProcessNetwork network = new(LabNetwork.Make(new LabFolder(Directory.CreateTempSubdirectory("gw-").FullName), plan, TimeProvider.System));
        try
        {
            LabFounding founding = new(network._lab, new CommandLine(Surroundings(TextWriter.Null, TextWriter.Null)));
            await founding.FoundNetworkAsync(CancellationToken.None);
            await founding.FoundCirclesAsync(CancellationToken.None);
            return network;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    /// <summary>The node of a member.</summary>
    public LocalNode NodeOf(string name) => LocalNode.RunningIn(_lab.Book.Folder.Of(name));

    /// <summary>Kills a process, which must not have ended by itself, and starts it again at once.</summary>
    public async Task KillAndStartAsync(string process)
    {
        Assert.True(await _lab.Processes.KillAsync(process, CancellationToken.None), $"{process} ended by itself; see {_lab.Book.Folder.LogOf(process)}");
        _lab.Processes.Start(process);
    }

    public async ValueTask DisposeAsync()
    {
        await _lab.DisposeAsync();
        Directory.Delete(_lab.Book.Folder.Path, recursive: true);
    }

    /// <summary>Where a command runs that nobody watches.</summary>
    internal static Surroundings Surroundings(TextWriter output, TextWriter error) => new()
    {
        Out = output,
        Error = error,
        IsTerminal = false,
        IsErrorTerminal = false,
        HearsSignals = false,
        Environment = _ => null,
        CurrentDirectory = Path.GetTempPath(),
    };
}
