using System.CommandLine;
using Gateway.Cli.Connect;
using Gateway.Cli.Output;
using Gateway.Protocol.V1;
using Grpc.Core;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway circle accept`, `invite`, `remove` and `leave`: what a member's officer orders at its own node.</summary>
internal static class CircleOrderCommands
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    public static Command Accept(CommandFrame frame)
    {
        Argument<string> name = CircleName();
        Option<string[]> members = new("--member") { Description = "The steward's, before the first key: a member the key is for, by name or id; may be repeated. Name all, the steward too.", HelpName = "MEMBER" };
        return Order(frame, "accept", "Takes part in a circle under its present policy; nobody belongs to a circle without it.", [name, members], async (parsed, node, cancellation) =>
        {
            await UntilKnownAsync(node, parsed.GetValue(name)!, frame.Surroundings.Time, cancellation);
            await node.Circles.AcceptAsync(new AcceptRequest { Circle = parsed.GetValue(name)!, ConfirmedMembers = { parsed.GetValue(members) ?? [] } }, cancellationToken: cancellation);
            return $"Accepted. Circle {parsed.GetValue(name)} has this member in it as soon as its steward's node and another member's node have made the next key.";
        });
    }

    public static Command Invite(CommandFrame frame)
    {
        Argument<string> name = CircleName(), member = MemberName();
        return Order(frame, "invite", "Lets a member into a circle as soon as it accepts. The steward's.", [name, member], async (parsed, node, cancellation) =>
        {
            await node.Circles.InviteAsync(new InviteRequest { Circle = parsed.GetValue(name)!, Member = parsed.GetValue(member)! }, cancellationToken: cancellation);
            return $"{parsed.GetValue(member)} is invited; at its node: gateway circle accept {parsed.GetValue(name)}";
        });
    }

    public static Command Remove(CommandFrame frame)
    {
        Argument<string> name = CircleName(), member = MemberName();
        Option<string> reason = new("--reason") { Description = "Why, e.g. RULES_BROKEN.", Required = true };
        reason.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, [.. Codes.MembershipReasons.All.Where(one => one != "SETTLED")]);
        return Order(frame, "remove", "Removes a member from a circle with its next key, which this node makes at once. The steward's.", [name, member, reason], async (parsed, node, cancellation) =>
        {
            await node.Circles.RemoveAsync(new RemoveRequest { Circle = parsed.GetValue(name)!, Member = parsed.GetValue(member)!, Reason = Codes.MembershipReasons.Parse(parsed.GetValue(reason)!) }, cancellationToken: cancellation);
            return $"{parsed.GetValue(member)} gets nothing of circle {parsed.GetValue(name)} from its next key on; what it has read before it has read.";
        });
    }

    public static Command Leave(CommandFrame frame)
    {
        Argument<string> name = CircleName();
        return Order(frame, "leave", "Leaves a circle with its next key.", [name], async (parsed, node, cancellation) =>
        {
            await node.Circles.LeaveAsync(new LeaveRequest { Circle = parsed.GetValue(name)! }, cancellationToken: cancellation);
            return $"The steward of circle {parsed.GetValue(name)} takes this member out with the next key. Its records are then deleted here; withdraw your own first if they are to go everywhere.";
        });
    }

    // Founded a moment ago, the circle may not have reached this node's log yet.
    private static async Task UntilKnownAsync(LocalNode node, string circle, TimeProvider time, CancellationToken cancellation)
    {
        long start = time.GetTimestamp();
        while (true)
        {
            try
            {
                await node.Circles.GetCircleAsync(new GetCircleRequest { Circle = circle }, cancellationToken: cancellation);
                return;
            }
            catch (RpcException unknown) when (unknown.StatusCode == StatusCode.NotFound && time.GetElapsedTime(start) < Patience)
            {
                await Task.Delay(Poll, time, cancellation);
            }
        }
    }

    private static Argument<string> CircleName() => new("CIRCLE") { Description = "Name of the circle." };

    private static Argument<string> MemberName() => new("MEMBER") { Description = "Name of the member, or its id." };

    private static Command Order(CommandFrame frame, string verb, string description, Symbol[] takes, Func<ParseResult, LocalNode, CancellationToken, Task<string>> order)
    {
        Option<string?> directory = CommandFrame.DirectoryOption("The node's folder; GATEWAY_DIR or ./node unless given.");
        Command command = new(verb, description) { directory };
        foreach (Symbol symbol in takes)
        {
            if (symbol is Argument argument) command.Add(argument);
            else command.Add((Option)symbol);
        }

        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Node);
            using LocalNode node = LocalNode.Open(folder);
            string done;
            try
            {
                done = await order(parsed, node, cancellation);
            }
            catch (RpcException fault) when (!cancellation.IsCancellationRequested)
            {
                throw LocalNode.Explain(fault, folder);
            }

            output.Result(new { Ordered = verb, Circle = parsed.GetValue((Argument<string>)takes[0]) }, console => console.WriteLine(done));
            return ExitCode.Ok;
        });
    }
}
