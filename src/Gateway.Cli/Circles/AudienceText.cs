using System.Globalization;
using Gateway.Cli.Connect;
using Gateway.Cli.Output;
using Gateway.Protocol;
using Gateway.Protocol.V1;
using Grpc.Core;
using Spectre.Console;

namespace Gateway.Cli.Circles;

/// <summary>Who will see a record published in a circle, in words.</summary>
internal static class AudienceText
{
    public static async Task<GetCircleResponse> ReadAsync(LocalNode node, string folder, string circle, CancellationToken cancellation)
    {
        try
        {
            return await node.Circles.GetCircleAsync(new GetCircleRequest { Circle = circle }, cancellationToken: cancellation);
        }
        catch (RpcException fault) when (!cancellation.IsCancellationRequested)
        {
            throw LocalNode.Explain(fault, folder);
        }
    }

    public static object Json(GetCircleResponse circle) => new
    {
        Circle = circle.Policy.Name,
        Readers = Readers(circle).Select(one => new { one.Name, Role = Codes.Roles.Of(one.Role), MemberId = Convert.ToHexStringLower(one.MemberId.Span) }),
        Publishers = circle.PublisherCount,
        Anonymous = !circle.NotAnonymous,
        circle.Open,
        LastDay = circle.Policy.NotAfterDay == 0 ? null : new UtcDay(circle.Policy.NotAfterDay).ToString(),
        MinimumEvidence = Codes.Evidence.Of(circle.Policy.MinimumEvidenceGrade),
        RetentionDays = circle.Policy.MaximumRetentionDays,
        NameMatching = Codes.NameMatchings.Of(circle.Policy.NameMatching),
    };

    public static void Draw(IAnsiConsole console, GetCircleResponse circle)
    {
        CircleParticipant[] readers = [.. Readers(circle)];
        console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Seen in circle {circle.Policy.Name} by {readers.Length} members: {string.Join(", ", readers.Select(one => $"{one.Name} ({Codes.Roles.Of(one.Role)})"))}."));
        string anonymity = circle.NotAnonymous ? "not anonymous: so few that a record tells who contributed it" : "a record does not tell which of them contributed it";
        console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{circle.PublisherCount} members may publish there ({anonymity}); records are kept at most {circle.Policy.MaximumRetentionDays} days; names: {Words(circle.Policy.NameMatching)}."));
        if (!circle.Open) console.WriteLine("The circle is closed today: its policy names other days.");
    }

    private static IEnumerable<CircleParticipant> Readers(GetCircleResponse circle) => circle.Participants.Where(one => one.MayRead);

    private static string Words(NameMatching names) => names switch
    {
        NameMatching.FuzzyAll => "words of every name can be read by every member",
        NameMatching.FuzzyOrganisations => "words of organisations' names can be read by every member",
        _ => "in combinations only",
    };
}
