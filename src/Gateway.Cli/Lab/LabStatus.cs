using Gateway.Cli.Output;
using Gateway.Ledger;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Grpc.Core;

namespace Gateway.Cli.Lab;

/// <summary>How a process of a lab does.</summary>
/// <param name="Process">What it is called.</param>
/// <param name="Role">What it is: BROKER, a member's role, RELAY or DATABASE.</param>
/// <param name="Pid">Its process id; null where it does not run.</param>
/// <param name="Address">Where it is reached.</param>
/// <param name="LogSize">Entries of the log as it has it; null where it has none, or does not answer.</param>
/// <param name="LogRoot">The log's root as it has it, hex.</param>
/// <param name="Connected">Of a node, whether it has a broker.</param>
/// <param name="Feeds">Of a broker, how many feeds are read.</param>
/// <param name="Partitioned">What it is cut off from.</param>
internal sealed record LabStatusRow(string Process, string Role, int? Pid, string Address, ulong? LogSize, string? LogRoot, bool? Connected, uint? Feeds, IReadOnlyList<string> Partitioned);

/// <summary>Asks each process of a lab how it does.</summary>
internal sealed class LabStatus(LabNetwork network)
{
    /// <summary>All of them, as they start.</summary>
    public async Task<IReadOnlyList<LabStatusRow>> AskAsync(CancellationToken cancellation) =>
        await Task.WhenAll(network.Book.ProcessNames.Select(name => AskAsync(name, cancellation)));

    private async Task<LabStatusRow> AskAsync(string name, CancellationToken cancellation)
    {
        LabBook book = network.Book;
        int? pid = book.Find(name) is { IsRunning: true } running ? running.Id : null;
        LabStatusRow row = new(name, "", pid, "", null, null, null, null, [.. book.State.Links.Where(link => link.IsCut).SelectMany(link => link.Node == name ? [link.Broker] : link.Broker == name ? [link.Node] : Array.Empty<string>())]);
        try
        {
            if (name == LabProcesses.Postgres) return row with { Role = "DATABASE", Address = book.State.PostgresFolder };
            if (name == LabProcesses.Wires) return row with { Role = "RELAY", Address = book.Folder.WiresSocket };
            if (book.State.Brokers.FirstOrDefault(broker => broker.Name == name) is { } broker)
            {
                row = row with { Role = "BROKER", Address = broker.Address };
                return pid is null ? row : await AskAsync(row, broker, cancellation);
            }

            LabMember member = book.Plan.Members.Single(member => member.Folder == name);
            row = row with { Role = Codes.Roles.Of(Codes.Roles.Parse(member.Role)), Address = Path.Combine(network.FolderOf(member), "node.sock") };
            return pid is null ? row : await AskAsync(row, member, cancellation);
        }
        catch (Exception silent) when (silent is RpcException or RefusalException && !cancellation.IsCancellationRequested)
        {
            return row; // It runs and does not answer: what it would say stays empty.
        }
    }

    private async Task<LabStatusRow> AskAsync(LabStatusRow row, LabBroker broker, CancellationToken cancellation)
    {
        Checkpoint checkpoint = await network.CheckpointAsync(broker.Name, cancellation);
        GetBrokerStatusResponse status = await new OperationsService.OperationsServiceClient(network.BrokerOf(broker.Name).Invoker).GetBrokerStatusAsync(new GetBrokerStatusRequest(), deadline: LabNetwork.Deadline, cancellationToken: cancellation);
        return row with { LogSize = checkpoint.Size, LogRoot = Convert.ToHexStringLower(checkpoint.Root.ToArray()), Feeds = status.OpenFeeds };
    }

    private async Task<LabStatusRow> AskAsync(LabStatusRow row, LabMember member, CancellationToken cancellation)
    {
        GetStatusResponse status = await network.StatusAsync(member, cancellation);
        return row with { LogSize = status.LogSize, LogRoot = Convert.ToHexStringLower(status.LogRoot.Span), Connected = status.BrokerConnected };
    }
}
