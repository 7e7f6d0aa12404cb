using System.CommandLine;
using Gateway.Cli.Connect;
using Gateway.Node.Identity;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway node settings`: shows and changes how a node holds the broker to one log.</summary>
internal static class NodeSettingsCommand
{
    public static Command Create(CommandFrame frame)
    {
        Option<string?> directory = CommandFrame.DirectoryOption("The node's folder; GATEWAY_DIR or ./node unless given.");
        Option<string?> listen = new("--gossip-listen") { Description = "Address and port on which other members' nodes compare their logs with this one's, e.g. 0.0.0.0:7444; empty: nowhere.", HelpName = "ADDRESS:PORT" };
        Option<string[]> peers = new("--gossip-peer") { Description = "Another member's node with which this one compares its log, https://host:port; all that are given replace those before.", HelpName = "URL" };
        Option<bool> alone = new("--no-gossip-peers") { Description = "Compares with nobody by itself." };
        Option<int?> quorum = new("--cosignatures") { Description = "Other members that must have cosigned a checkpoint before it is accepted; two, or all where there are fewer, until it is set.", HelpName = "N" };
        Option<string[]> brokers = new("--broker") { Description = "Address of the broker, https://host:port; repeated for each of its replicas. All that are given replace those before.", HelpName = "URL" };
        Command command = new("settings", "Shows and changes where the broker is, with whom the node compares its log and how many cosignatures it wants. Counts from its next start.") { brokers, listen, peers, alone, quorum, directory };
        return frame.Handle(command, (parsed, output, _) =>
        {
            NodeDirectory node = new(new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Node));
            NodeSettings before = node.ReadSettings();
            string[] stated = parsed.GetValue(peers) ?? [];
            string[] at = parsed.GetValue(brokers) is { Length: > 0 } named ? named : [before.Broker, .. before.BrokerAlsoAt];
            NodeSettings after = before with
            {
                Broker = at[0],
                BrokerAlsoAt = at[1..],
                GossipListen = parsed.GetValue(listen) ?? before.GossipListen,
                GossipPeers = parsed.GetValue(alone) ? [] : stated.Length > 0 ? stated : before.GossipPeers,
                CosignatureQuorum = parsed.GetValue(quorum) ?? before.CosignatureQuorum,
            };
            after.Validate();
            if (after != before) node.WriteSettings(after);
            output.Result(
                new { Directory = node.Path, Brokers = at, after.GossipListen, after.GossipPeers, after.CosignatureQuorum },
                console => console.WriteLine($"broker at {string.Join(" or ", at)}; listens for other nodes on {(after.GossipListen.Length == 0 ? "nothing" : after.GossipListen)}; compares with {(after.GossipPeers.Count == 0 ? "nobody" : string.Join(", ", after.GossipPeers))}; wants {after.CosignatureQuorum?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "two"} cosignatures"));
            return Task.FromResult(ExitCode.Ok);
        });
    }
}
