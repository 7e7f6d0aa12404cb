using System.CommandLine;
using System.Globalization;
using Gateway.Cli.Connect;
using Gateway.Cli.Output;
using Gateway.Cli.Screening;
using Gateway.Protocol;
using Gateway.Protocol.V1;
using Grpc.Core;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway watch list` and `gateway watch check`: the sellers registered, the latter with the decision on each.</summary>
internal static class WatchListCommand
{
    public static Command Create(CommandFrame frame, bool check)
    {
        Argument<string[]> references = new("REFERENCE") { Description = "References of sellers; all unless given.", Arity = ArgumentArity.ZeroOrMore };
        Option<string?> directory = CommandFrame.DirectoryOption("The node's folder; GATEWAY_DIR or ./node unless given.");
        Command command = check
            ? new("check", "Compares sellers with all records here now, and lists those that are not cleared.") { references, directory }
            : new("list", "Lists the sellers registered.") { references, directory };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Node);
            using LocalNode node = LocalNode.Open(folder);
            ListSellersRequest request = new() { Check = check };
            request.References.AddRange(parsed.GetValue(references) ?? []);
            List<SellerLine> lines = [];
            long count = 0, pending = 0, hits = 0;
            try
            {
                using AsyncServerStreamingCall<ListSellersResponse> call = node.Watch.ListSellers(request, cancellationToken: cancellation);
                while (await call.ResponseStream.MoveNext(cancellation))
                {
                    foreach (SellerLine line in call.ResponseStream.Current.Sellers)
                    {
                        count++;
                        if (line.PendingIdentifiers > 0) pending++;
                        if (line.Result?.Decision == ScreeningDecision.Hit) hits++;
                        if (!check || line.Result?.Decision != ScreeningDecision.Cleared || request.References.Count > 0) lines.Add(line);
                    }
                }
            }
            catch (RpcException fault) when (!cancellation.IsCancellationRequested)
            {
                throw LocalNode.Explain(fault, folder);
            }

            UtcDay today = UtcDay.Of(frame.Surroundings.Time.GetUtcNow());
            output.Result(
                new
                {
                    Sellers = count, Pending = pending, Hits = check ? hits : (long?)null,
                    Lines = lines.Select(line => new
                    {
                        line.Reference, line.Name, RegisteredDay = new UtcDay(line.RegisteredDay).ToString(), line.Identifiers, line.PendingIdentifiers,
                        Decision = line.Result is null ? null : Codes.Decisions.Of(line.Result.Decision),
                        Lane = line.Result is null ? null : Codes.Lanes.Of(line.Result.Lane),
                        HitLines = line.Result?.Hits.Select(hit => HitLine.Of(hit, line.Reference, today)),
                    }),
                },
                console => Draw(console, lines, count, pending, hits, check));
            return pending > 0 && check ? ExitCode.PartlyBad : ExitCode.Ok;
        });
    }

    private static void Draw(IAnsiConsole console, List<SellerLine> lines, long count, long pending, long hits, bool check)
    {
        Table table = check ? Tables.Of("Reference", "Name", "Decision", "Lane", "Score") : Tables.Of("Reference", "Name", "Since", "Identifiers", "Pending");
        foreach (SellerLine line in lines)
        {
            if (check) table.AddText(line.Reference, line.Name, Codes.Decisions.Of(line.Result.Decision), Codes.Lanes.Of(line.Result.Lane), line.Result.Score.ToString(CultureInfo.InvariantCulture));
            else table.AddText(line.Reference, line.Name, new UtcDay(line.RegisteredDay).ToString(), line.Identifiers.ToString(CultureInfo.InvariantCulture), line.PendingIdentifiers.ToString(CultureInfo.InvariantCulture));
        }

        if (lines.Count > 0) console.Write(table);
        string found = check ? string.Create(CultureInfo.InvariantCulture, $", {hits:N0} with hits") : "";
        console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count:N0} sellers{found}; {pending:N0} have identifiers that wait for evaluation"));
    }
}
