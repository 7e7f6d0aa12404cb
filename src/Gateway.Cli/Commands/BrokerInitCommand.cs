using System.CommandLine;
using Gateway.Broker.Hosting;
using Gateway.Cli.Connect;
using Gateway.Storage.Secrets;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway broker init`: makes a broker's folder.</summary>
internal static class BrokerInitCommand
{
    public static Command Create(CommandFrame frame)
    {
        Option<string?> directory = CommandFrame.DirectoryOption("Folder to make; GATEWAY_DIR or ./broker unless given.");
        Option<string> network = new("--network") { Description = "Name of the network, a lower-case DNS name.", HelpName = "NAME", Required = true };
        Option<string> listen = new("--listen") { Description = "Address and port to listen on.", HelpName = "ADDRESS:PORT", DefaultValueFactory = _ => "127.0.0.1:7443" };
        Option<string[]> address = new("--address") { Description = "Address under which nodes reach the broker; https://localhost with the port listened on unless given. Repeated for each replica.", HelpName = "URL" };
        Option<string[]> hosts = new("--host") { Description = "DNS name or IP address for the broker's certificate; may be repeated. localhost and 127.0.0.1 are always in it.", HelpName = "NAME" };
        Option<string[]> operators = new("--operator") { Description = "Name of a first operator; at least twice, since what one proposes another approves.", HelpName = "NAME", Required = true };
        Option<string?> store = StoreCommands.Option();
        Option<bool> unsealed = CommandFrame.UnsealedOption();
        Command command = new("init", "Makes a broker: authority, keys, first operators, and a log that begins.") { directory, network, listen, address, hosts, operators, store, unsealed };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            string listening = parsed.GetValue(listen)!;
            string[] addresses = parsed.GetValue(address) is { Length: > 0 } stated ? stated : ["https://localhost:" + listening[(listening.LastIndexOf(':') + 1)..]];
            using SealingSecret? secret = frame.Unlocking.ForNew(parsed, parsed.GetValue(unsealed));
            BrokerOptions options = new()
            {
                Secret = secret,
                Directory = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Broker),
                Network = parsed.GetValue(network)!,
                Listen = listening,
                AdvertisedAddress = addresses[0],
                AlsoAdvertised = addresses[1..],
                Store = parsed.GetValue(store) ?? "",
                Hosts = HostsOf(parsed.GetValue(hosts) ?? [], addresses),
            };
            byte[] genesis = await new BrokerInitialiser(frame.Surroundings.Random, frame.Surroundings.Time).InitialiseAsync(options, parsed.GetValue(operators)!, cancellation);
            output.Result(
                new { Directory = options.Directory, options.Network, options.Listen, Address = options.AdvertisedAddress, options.AlsoAdvertised, OperatorFiles = parsed.GetValue(operators)!.Select(options.Files.OperatorFile), NetworkFile = options.Files.Network, GenesisHash = Convert.ToHexStringLower(genesis) },
                console => console.MarkupLineInterpolated($"Broker of [bold]{options.Network}[/] made in {options.Directory}\nNodes will pin Genesis {Convert.ToHexStringLower(genesis)}\nHand each operator his file and delete it here: {string.Join(", ", parsed.GetValue(operators)!.Select(options.Files.OperatorFile))}\nOrganisations apply with {options.Files.Network}\nStart it: gateway broker run --dir {options.Directory}"));
            return ExitCode.Ok;
        });
    }

    // What nodes call must stand in the certificate.
    private static string[] HostsOf(string[] stated, string[] addresses) =>
        [.. stated.Concat(addresses.SelectMany(address => Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) && uri.Host.Length > 0 ? [uri.IdnHost.Trim('[', ']')] : Array.Empty<string>()))];
}
