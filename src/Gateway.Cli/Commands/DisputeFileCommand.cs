using System.CommandLine;
using Gateway.Cli.Output;
using Gateway.Cryptography;
using Gateway.Node.Broker;
using Gateway.Protocol;
using Gateway.Protocol.Disputes;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway dispute file`: objects without being a member. What is said is sealed here; the broker passes it on unread.</summary>
internal static class DisputeFileCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static Command Create(CommandFrame frame)
    {
        PartyOptions party = new();
        Option<string> network = new("--network") { Description = "The network's file, from a broker's operator or a member.", HelpName = "FILE", Required = true };
        Option<string> ground = DisputeCommands.GroundOption();
        (Option<string?> statement, Option<string?> file, Option<string?> contact) = DisputeCommands.StatementOptions();
        Command command = party.On(new Command("file", "Objects to what members of a network may share about you, without being a member: your statement is sealed on this machine to the network's dispute desks.") { network, ground, statement, file, contact });
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            NetworkFile pinned = NetworkFile.Parse(await File.ReadAllTextAsync(frame.PathOf(parsed.GetValue(network)!), cancellation));
            Objection objection = new()
            {
                Party = party.Read(parsed),
                Ground = Codes.DisputeGrounds.Parse(parsed.GetValue(ground)!),
                Statement = await DisputeCommands.TextOfAsync(frame, parsed.GetValue(statement), parsed.GetValue(file), cancellation),
                Contact = parsed.GetValue(contact) ?? "",
            };
            if (!party.AreStated(parsed) || objection.Statement.Length == 0)
            {
                throw new RefusalException(Refusal.Invalid("OBJECTION_EMPTY", "An objection says what is wrong, and by which name or number the record may be found.", "--statement", "Give --statement, and --name, --email or another identifier."));
            }

            if (ObjectionBox.FaultOf(objection) is { } fault) throw new RefusalException(Refusal.Invalid("OBJECTION_TOO_LONG", fault, "--statement", "Say it in fewer words; the desk asks for more."));
            AuthoritySet authorities = AuthoritySet.FromPem(pinned.CertificateAuthority);
            using BrokerConnection connection = BrokerConnection.Anonymous(pinned.Brokers, pinned.Network, () => authorities);
            (FileObjectionResponse response, string[] desks) = await FileAsync(connection, objection, cancellation);
            output.Result(
                new { response.Reference, Desks = desks },
                console => console.WriteLine(Tables.Printable($"Filed under {response.Reference}, sealed to: {string.Join(", ", desks)}. Keep the reference; the broker cannot read what you wrote.")));
            return ExitCode.Ok;
        });
    }

    private static async Task<(FileObjectionResponse Response, string[] Desks)> FileAsync(BrokerConnection connection, Objection objection, CancellationToken cancellation)
    {
        DisputesService.DisputesServiceClient broker = new(connection.Invoker);
        try
        {
            ListDesksResponse desks = await broker.ListDesksAsync(new ListDesksRequest(), deadline: CallDeadline.After(Patience), cancellationToken: cancellation);
            if (desks.Desks.Count == 0) throw new RefusalException(Refusal.Precondition("DISPUTE_DESK_MISSING", "No circle of this network names a dispute desk.", "--network", "Object through a member, or write to the broker's operator."));
            FileObjectionRequest request = new();
            foreach (DisputeDeskKey desk in desks.Desks)
            {
                if (!BoxPublicKey.TryFromBytes(desk.BoxPk.Span, out BoxPublicKey key)) throw new RefusalException(Refusal.DataLoss("BOX_KEY_INVALID", "The broker gave a key that nothing can be sealed to.", desk.Name, "Tell the broker's operator; object through a member meanwhile."));
                request.Objections.Add(new SealedObjection { DeskId = desk.MemberId, Sealed = ByteString.CopyFrom(ObjectionBox.Seal(objection, key)) });
            }

            return (await broker.FileObjectionAsync(request, deadline: CallDeadline.After(Patience), cancellationToken: cancellation), [.. desks.Desks.Select(desk => desk.Name)]);
        }
        catch (RpcException fault) when (!cancellation.IsCancellationRequested)
        {
            throw new RefusalException(fault.ToRefusal("broker"));
        }
    }
}
