using System.Text.Json;
using Gateway.Cli;
using Gateway.Node.Cases;
using Gateway.Protocol.V1;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.EndToEnd;

/// <summary>An officer's day with cases, at the command line.</summary>
public sealed class CaseCommandTests
{
    [Fact]
    public async Task A_case_is_opened_answered_with_a_file_referred_and_closed_by_commands()
    {
        await using LocalNetwork network = await LocalNetwork.StartAsync();
        LocalNode asker = await network.AddNodeAsync("asker", MemberRole.Customs), contributor = await network.AddNodeAsync("contributor", MemberRole.Retailer), police = await network.AddNodeAsync("police", MemberRole.Police);
        await network.CreateCircleAsync("acx", asker, contributor);
        ContributionOutcome published = Assert.Single(await contributor.ContributeAsync(LocalNode.Case("acx", "case-1", "Bad Shoes Trading GmbH", "sales@bad-shoes.example")));
        await asker.UntilAsync(status => status.LiveRecords == 1, "the record");
        string record = Convert.ToHexStringLower(published.RecordId.Span);

        (int unconfirmed, _, string said) = await CallAsync(asker, "case", "open", record, "--message", "Where?", "--by", "ann", "--json");
        Assert.Equal((1, "NOT_CONFIRMED"), (unconfirmed, JsonDocument.Parse(said).RootElement.GetProperty("error").GetProperty("code").GetString()));
        Assert.Contains("'asker' asks", said, StringComparison.Ordinal);
        Assert.Equal(0, (await OkAsync(asker, "case", "list", "--all")).GetProperty("cases").GetArrayLength());
        Assert.Equal(2, (await CallAsync(asker, "case", "open", record, "--message", "Where?", "--message-file", "x", "--by", "ann", "--yes")).Code);
        Assert.Equal(2, (await CallAsync(asker, "case", "open", "--message", "Where?", "--by", "ann", "--yes")).Code);

        await OkAsync(asker, "case", "open", record, "--message", "Where?", "--by", "ann", "--yes");
        JsonElement question = await UntilAsync(contributor, line => line.GetProperty("unread").GetInt32() == 1, asker, contributor);
        Assert.Equal(("CONTRIBUTOR", "asker", "case-1"), (question.GetProperty("role").GetString(), question.GetProperty("with").GetString(), question.GetProperty("reference").GetString()));
        (_, _, string note) = await CallAsync(contributor, "alerts");
        Assert.Contains("1 message of a case is unread", note, StringComparison.Ordinal);

        string label = Path.Combine(network.Folder, "label.txt"), saved = Path.Combine(network.Folder, "saved.txt"), exported = Path.Combine(network.Folder, "disclosures.json");
        await File.WriteAllTextAsync(label, "batch 7");
        await OkAsync(contributor, "case", "answer", "1", "--message", "There.", "--identifier", "email=hidden@shop.example", "--attach", label, "--by", "ben");
        await UntilAsync(asker, line => line.GetProperty("unread").GetInt32() == 1, asker, contributor);
        JsonElement answer = (await OkAsync(asker, "case", "show", "1")).GetProperty("messages")[1];
        Assert.Equal(("There.", "email", "hidden@shop.example"), (answer.GetProperty("text").GetString(), answer.GetProperty("identifiers")[0].GetProperty("type").GetString(), answer.GetProperty("identifiers")[0].GetProperty("value").GetString()));
        Assert.False(answer.TryGetProperty("by", out _)); // Who wrote it stays at the contributor.
        string number = answer.GetProperty("message").GetRawText();
        for (int attempt = 0; (await CallAsync(asker, "case", "save-attachment", number, "--out", saved)).Code != 0 && attempt < 100; attempt++) await Task.Delay(200); // The file comes behind the message.
        Assert.Equal("batch 7", await File.ReadAllTextAsync(saved));
        Assert.Equal(1, (await CallAsync(asker, "case", "save-attachment", number, "--out", saved)).Code); // Nothing is overwritten.

        await OkAsync(asker, "case", "refer", "1", "--to", "police", "--messages", number, "--message", "For your file.", "--by", "ann");
        JsonElement referral = await UntilAsync(police, line => line.GetProperty("unread").GetInt32() == 1, asker, police);
        Assert.Equal(("REFERRED", "asker"), (referral.GetProperty("role").GetString(), referral.GetProperty("with").GetString()));
        Assert.True((await OkAsync(police, "case", "show", "1")).GetProperty("messages")[0].GetProperty("referred")[0].GetProperty("verified").GetBoolean());

        await OkAsync(asker, "case", "close", "1", "--by", "ann");
        await UntilAsync(contributor, line => line.TryGetProperty("closing", out JsonElement closing) && closing.GetString() == "BY_THE_OTHER_END", asker, contributor);
        await OkAsync(contributor, "case", "disclosures", "--out", exported);
        string[] lines = await File.ReadAllLinesAsync(exported);
        Assert.Equal(5, lines.Length); // A question; message, identifier and file; the closing.
        Assert.All(lines, line => Assert.DoesNotContain("hidden@shop.example", line, StringComparison.Ordinal));
        foreach (string[] words in new string[][] { ["case", "list", "--all"], ["case", "show", "1"], ["case", "disclosures"] }) Assert.Equal(0, (await CallAsync(asker, terminal: true, words)).Code);
    }

    private static async Task<JsonElement> UntilAsync(LocalNode node, Func<JsonElement, bool> holds, params LocalNode[] carriers)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(90));
        while (true)
        {
            foreach (LocalNode carrier in carriers)
            {
                try
                {
                    await carrier.Services.GetRequiredService<CaseCourier>().RunOnceAsync(CancellationToken.None);
                }
                catch (RpcException)
                {
                    // The next round tries again.
                }
            }

            foreach (JsonElement line in (await OkAsync(node, "case", "list", "--all")).GetProperty("cases").EnumerateArray().Where(holds)) return line;
            Assert.False(patience.IsCancellationRequested, "it did not come to that");
        }
    }

    private static async Task<JsonElement> OkAsync(LocalNode node, params string[] arguments)
    {
        (int code, string output, string error) = await CallAsync(node, arguments);
        Assert.True(code == 0, $"{string.Join(' ', arguments)} ended with {code}: {error}");
        return JsonDocument.Parse(output).RootElement;
    }

    private static Task<(int Code, string Output, string Error)> CallAsync(LocalNode node, params string[] arguments) => CallAsync(node, terminal: false, arguments);

    private static async Task<(int Code, string Output, string Error)> CallAsync(LocalNode node, bool terminal, string[] arguments)
    {
        using StringWriter output = new(), error = new();
        Surroundings surroundings = new() { Out = output, Error = error, IsTerminal = terminal, IsErrorTerminal = false, HearsSignals = false, Environment = _ => null, CurrentDirectory = Path.GetDirectoryName(node.Directory.Path)! };
        int code = await GatewayCommand.RunAsync([.. arguments, "--dir", node.Directory.Path], surroundings, CancellationToken.None);
        return (code, output.ToString(), error.ToString());
    }
}
