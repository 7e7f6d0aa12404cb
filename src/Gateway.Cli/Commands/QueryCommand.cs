using System.CommandLine;
using Gateway.Cli.Connect;
using Gateway.Cli.Input;
using Gateway.Cli.Output;
using Gateway.Cli.Screening;
using Gateway.Matching.Identifiers;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Grpc.Core;
using Spectre.Console;
using Party = Gateway.Protocol.V1.Party;
using StatedIdentifier = Gateway.Protocol.V1.StatedIdentifier;

namespace Gateway.Cli.Commands;

/// <summary>`gateway query`: asks about one party.</summary>
internal static class QueryCommand
{
    public static Command Create(CommandFrame frame)
    {
        Option<string?> Text(string name, string description) => new(name) { Description = description, HelpName = "TEXT" };
        Option<string?> name = Text("--name", "Name in full."), street = Text("--street", "Street and number."), postcode = Text("--postcode", "Postcode."), city = Text("--city", "City.");
        Option<string?> country = new("--country") { Description = "ISO 3166-1 alpha-2.", HelpName = "CC" };
        (Option<string?> Option, IdentifierType Type)[] identifiers =
        [
            (Text("--email", "E-mail address."), IdentifierType.Email),
            (Text("--phone", "Telephone number."), IdentifierType.Phone),
            (Text("--registration", "Company registration, CC:number."), IdentifierType.CompanyRegistration),
            (Text("--vat", "VAT number."), IdentifierType.Vat),
            (Text("--iban", "Bank account."), IdentifierType.Iban),
            (Text("--website", "Site, or the seller's page on a marketplace."), IdentifierType.Domain),
            (Text("--account", "Marketplace account, platform:handle."), IdentifierType.MarketplaceAccount),
        ];
        Option<TimeSpan> wait = new("--wait") { Description = "How long to wait for identifiers never met before; at most 10m.", HelpName = "TIME", DefaultValueFactory = _ => TimeSpan.FromSeconds(30), CustomParser = Duration.Parse };
        Option<string?> directory = CommandFrame.DirectoryOption("The node's folder; GATEWAY_DIR or ./node unless given.");
        Command command = new("query", "Asks whether a party is known to this node's circles.") { name, street, postcode, city, country, wait, directory };
        foreach ((Option<string?> option, _) in identifiers) command.Add(option);
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Node);
            string land = parsed.GetValue(country)?.ToUpperInvariant() ?? "";
            if (land.Length > 0 && !Countries.IsCode(land)) throw new RefusalException(Refusal.Invalid("COUNTRY_UNKNOWN", "This is no ISO 3166-1 alpha-2 code.", "--country", "Give two letters such as CN or DE."));
            Party party = new()
            {
                Name = parsed.GetValue(name) ?? "", Street = parsed.GetValue(street) ?? "", Postcode = parsed.GetValue(postcode) ?? "", City = parsed.GetValue(city) ?? "", Country = land,
            };
            foreach ((Option<string?> option, IdentifierType type) in identifiers)
            {
                if (parsed.GetValue(option) is { Length: > 0 } value) party.Identifiers.Add(new StatedIdentifier { Type = (uint)TypeOf(type, value), Value = value, Country = land });
            }

            using LocalNode node = LocalNode.Open(folder);
            QueryRequest request = new() { Party = party, WaitMilliseconds = (uint)Math.Min(600_000, parsed.GetValue(wait).TotalMilliseconds) };
            ScreeningResult result;
            try
            {
                result = (await node.Screening.QueryAsync(request, cancellationToken: cancellation)).Result;
            }
            catch (RpcException fault) when (!cancellation.IsCancellationRequested)
            {
                throw LocalNode.Explain(fault, folder);
            }

            IReadOnlyList<HitLine> hits = result.Decision == ScreeningDecision.Hit ? [.. HitLine.Of(result, UtcDay.Of(frame.Surroundings.Time.GetUtcNow()))] : [];
            output.Result(
                new { Decision = Codes.Decisions.Of(result.Decision), Lane = Codes.Lanes.Of(result.Lane), result.Score, result.PendingIdentifiers, RejectedFields = result.RejectedFields.Select(Fault.Of), HitLines = hits, SimilarNames = result.SimilarNames.Select(SimilarLine.Of) },
                console => Draw(console, result, hits));
            return result.RejectedFields.Count > 0 || result.Decision == ScreeningDecision.Pending ? ExitCode.PartlyBad : ExitCode.Ok;
        });
    }

    private static IdentifierType TypeOf(IdentifierType type, string value) => type != IdentifierType.Domain ? type : WebAddress.TypeOf(value)
        ?? throw new RefusalException(Refusal.Invalid("WEBSITE_NOT_A_SELLER", "The address names a marketplace and no seller on it.", "--website", "Give the seller's own page there, or --account."));

    private static void Draw(IAnsiConsole console, ScreeningResult result, IReadOnlyList<HitLine> hits)
    {
        HitSink.Draw(console, hits, hits.Count, withShipment: false);
        foreach (SimilarName name in result.SimilarNames) console.WriteLine(Tables.Printable($"{name.Text} (record {Convert.ToHexStringLower(name.RecordId.Span)[..8]}, {name.Likeness} of 100 alike)"));
        foreach (ErrorDetail field in result.RejectedFields) console.WriteLine(Tables.Printable($"not used: {field.What} ({field.Which}) {field.Remedy}"));
        console.WriteLine(result.Decision switch
        {
            ScreeningDecision.Hit => $"HIT, score {result.Score}",
            ScreeningDecision.Cleared => "CLEARED: whatever could be looked up was, and meets no record of this node's circles.",
            ScreeningDecision.NotScreened => "NOT SCREENED: nothing in the query could be looked up.",
            _ => $"PENDING: {result.PendingIdentifiers} identifiers are not evaluated yet; not cleared.",
        });
    }
}
