using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Gateway.Cli.Connect;
using Gateway.Cli.Input;
using Gateway.Cli.Output;
using Gateway.Matching.Identifiers;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Grpc.Core;
using Spectre.Console;
using Party = Gateway.Protocol.V1.Party;
using StatedIdentifier = Gateway.Protocol.V1.StatedIdentifier;

namespace Gateway.Cli.Commands;

/// <summary>`gateway subject find`: everything this node holds about a person or an organisation, to be answered to them.</summary>
internal static class SubjectFindCommand
{
    public static Command Create(CommandFrame frame)
    {
        Option<string?> Text(string name, string description) => new(name) { Description = description, HelpName = "TEXT" };
        Option<string?> name = Text("--name", "Name in full."), street = Text("--street", "Street and number."), postcode = Text("--postcode", "Postcode."), city = Text("--city", "City.");
        Option<string?> birth = Text("--birth-date", "Day of birth, YYYY-MM-DD."), country = new("--country") { Description = "ISO 3166-1 alpha-2.", HelpName = "CC" };
        (Option<string[]> Option, IdentifierType Type)[] identifiers =
        [
            Many("--email", "E-mail address; may be given several times.", IdentifierType.Email),
            Many("--phone", "Telephone number; may be given several times.", IdentifierType.Phone),
            Many("--registration", "Company registration, CC:number.", IdentifierType.CompanyRegistration),
            Many("--vat", "VAT number.", IdentifierType.Vat),
            Many("--iban", "Bank account.", IdentifierType.Iban),
            Many("--website", "Domain.", IdentifierType.Domain),
            Many("--account", "Marketplace account, platform:handle.", IdentifierType.MarketplaceAccount),
        ];
        Option<string?> file = new("--out") { Description = "JSON file to write the answer to; nothing is overwritten.", HelpName = "FILE" };
        Option<TimeSpan> wait = new("--wait") { Description = "How long to wait for identifiers never met before; at most 10m.", HelpName = "TIME", DefaultValueFactory = _ => TimeSpan.FromSeconds(30), CustomParser = Duration.Parse };
        Option<string?> directory = CommandFrame.DirectoryOption("The node's folder; GATEWAY_DIR or ./node unless given.");
        Command command = new("find", "Finds what this node holds about a person or an organisation: records, hits, alerts, sellers watched, shipments screened. The node's audit notes that it was asked, not what.") { name, street, postcode, city, country, birth, file, wait, directory };
        foreach ((Option<string[]> option, _) in identifiers) command.Add(option);
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Node);
            string land = parsed.GetValue(country)?.ToUpperInvariant() ?? "";
            Party party = new()
            {
                Name = parsed.GetValue(name) ?? "", Street = parsed.GetValue(street) ?? "", Postcode = parsed.GetValue(postcode) ?? "", City = parsed.GetValue(city) ?? "", Country = land, BirthDate = parsed.GetValue(birth) ?? "",
            };
            foreach ((Option<string[]> option, IdentifierType type) in identifiers)
            {
                party.Identifiers.AddRange((parsed.GetValue(option) ?? []).Select(value => new StatedIdentifier { Type = (uint)type, Value = value, Country = land }));
            }

            using LocalNode node = LocalNode.Open(folder);
            FindSubjectResponse answer;
            try
            {
                answer = await node.Life.FindSubjectAsync(new FindSubjectRequest { Party = party, WaitMilliseconds = (uint)Math.Min(600_000, parsed.GetValue(wait).TotalMilliseconds) }, cancellationToken: cancellation);
            }
            catch (RpcException fault) when (!cancellation.IsCancellationRequested)
            {
                throw LocalNode.Explain(fault, folder);
            }

            object document = Document(answer, frame.Surroundings.Time.GetUtcNow());
            if (parsed.GetValue(file) is { } path) await WriteAsync(frame.PathOf(path), document, cancellation);
            output.Result(document, console => Draw(console, answer, parsed.GetValue(file)));
            return answer.PendingIdentifiers > 0 || answer.RejectedFields.Count > 0 ? ExitCode.PartlyBad : ExitCode.Ok;
        });

        static (Option<string[]> Option, IdentifierType Type) Many(string name, string description, IdentifierType type) => (new(name) { Description = description, HelpName = "TEXT" }, type);
    }

    private static async Task WriteAsync(string path, object document, CancellationToken cancellation)
    {
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        try
        {
            await using FileStream stream = new(path, options);
            await JsonSerializer.SerializeAsync(stream, document, Indented, cancellation);
        }
        catch (IOException fault)
        {
            throw new RefusalException(Refusal.Precondition("ANSWER_NOT_WRITTEN", fault.Message, "--out", "Name a file that does not exist, in a folder that does."));
        }
    }

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private static object Document(FindSubjectResponse answer, DateTimeOffset now) => new
    {
        AnsweredAt = now,
        Complete = answer.PendingIdentifiers == 0,
        answer.PendingIdentifiers,
        Records = answer.Records.Select(record => new
        {
            RecordId = Convert.ToHexStringLower(record.RecordId.Span),
            record.Circle,
            record.Purpose,
            record.LegalBasis,
            PublishedOn = Day(record.PublishedDay),
            KeptUntil = Day(record.Summary?.ExpiryDay ?? 0),
            Kind = Codes.Kinds.Of(record.Summary?.Kind ?? RecordKind.Unspecified),
            Evidence = Codes.Evidence.Of(record.Summary?.EvidenceGrade ?? EvidenceGrade.Unspecified),
            Categories = (record.Summary?.Categories ?? []).Select(Codes.Categories.Of),
            Severity = Codes.Severities.Of(record.Summary?.Severity ?? Severity.Unspecified),
            HsCodes = record.Summary?.HsCodes.ToArray() ?? [],
            RouteCountries = record.Summary?.RouteCountries.ToArray() ?? [],
            FirstSeen = Day(record.Summary?.FirstSeenDay ?? 0),
            LastSeen = Day(record.Summary?.LastSeenDay ?? 0),
            FoundBy = record.MetFields.ToArray(),
            record.Quarantined,
            NameOnly = record.NameOnly,
        }),
        Holdings = answer.Holdings.Select(holding => new
        {
            Kind = Codes.Holdings.Of(holding.Kind),
            holding.Reference,
            Since = Day(holding.SinceDay),
            Until = Day(holding.UntilDay),
            FoundBy = holding.MetFields.ToArray(),
            RecordId = holding.RecordId.IsEmpty ? null : Convert.ToHexStringLower(holding.RecordId.Span),
            MessageId = holding.MessageId == 0 ? (ulong?)null : holding.MessageId,
        }),
        RejectedFields = answer.RejectedFields.Select(Fault.Of),
    };

    private static void Draw(IAnsiConsole console, FindSubjectResponse answer, string? file)
    {
        Table table = Tables.Of("Held", "Where", "Since", "Until", "Found by");
        foreach (SubjectRecord record in answer.Records)
        {
            string what = record.NameOnly ? "record, a name alike only" : record.Quarantined ? "record, quarantined" : "record";
            table.AddText($"{what} {Convert.ToHexStringLower(record.RecordId.Span)[..8]}", $"circle {record.Circle}", Day(record.PublishedDay) ?? "", Day(record.Summary?.ExpiryDay ?? 0) ?? "", string.Join(", ", record.MetFields));
        }

        foreach (SubjectHolding holding in answer.Holdings) table.AddText(holding.MessageId > 0 ? string.Create(CultureInfo.InvariantCulture, $"{holding.Reference}, message {holding.MessageId}") : $"{Codes.Holdings.Of(holding.Kind).ToLowerInvariant().Replace('_', ' ')} {holding.Reference}", "this node", Day(holding.SinceDay) ?? "", Day(holding.UntilDay) ?? "", string.Join(", ", holding.MetFields));
        console.Write(table);
        foreach (ErrorDetail field in answer.RejectedFields) console.WriteLine(Tables.Printable($"not used: {field.What} ({field.Which}) {field.Remedy}"));
        if (answer.PendingIdentifiers > 0) console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"NOT COMPLETE: {answer.PendingIdentifiers:N0} identifiers could not be looked up yet; ask again when the evaluators answer."));
        if (file is not null) console.WriteLine(Tables.Printable($"The answer is in {file}."));
    }

    private static string? Day(uint day) => day == 0 ? null : new UtcDay(day).ToString();
}
