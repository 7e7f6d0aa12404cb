using Gateway.Cli.Screening;
using Gateway.Protocol;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Spectre.Console;

namespace Gateway.Cli.Tests.Screening;

public sealed class HitSinkTests
{
    private static readonly UtcDay s_today = new(20_000);

    [Theory]
    [InlineData(80)]
    [InlineData(60)]
    public void Hits_are_drawn_without_a_line_wider_than_the_terminal_and_without_broken_words(int width)
    {
        string drawn = Draw(width, Result(dismissed: false));
        Assert.All(drawn.Split('\n'), line => Assert.InRange(line.TrimEnd().Length, 0, width));
        Assert.Contains("RED examine", drawn, StringComparison.Ordinal);
        foreach (string word in new[] { "DECLARATION-2026-000001", "SEIZURE_CONFIRMED", "consignor_email", "address" }) Assert.Contains(word, drawn, StringComparison.Ordinal);
    }

    [Fact]
    public void A_dismissed_hit_says_by_whom_and_why()
    {
        string drawn = Draw(80, Result(dismissed: true));
        Assert.Contains("Dismissed on 2024-10-04 by ann: namesake", drawn, StringComparison.Ordinal);
        Assert.DoesNotContain("consignor_email", drawn, StringComparison.Ordinal);
    }

    [Fact]
    public void What_ends_pending_is_written_with_its_fields()
    {
        using TemporaryFolder folder = new();
        using (PendingSink sink = new(folder.File("pending.csv")))
        {
            sink.Add(new ScreeningResult { ShipmentId = "S1", PendingIdentifiers = 3, PendingFields = { "consignor_email", "consignor_name+city" } });
            Assert.Equal((1L, "S1"), (sink.Count, Assert.Single(sink.First).ShipmentId));
        }

        Assert.Equal("shipment_id,identifiers,fields\r\nS1,3,consignor_email;consignor_name+city\r\n", System.IO.File.ReadAllText(folder.File("pending.csv")));
    }

    private static string Draw(int width, ScreeningResult result)
    {
        using StringWriter writer = new();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Interactive = InteractionSupport.No, Out = new AnsiConsoleOutput(writer) });
        console.Profile.Width = width;
        HitLine[] lines = [.. HitLine.Of(result, s_today)];
        HitSink.Draw(console, lines, lines.Length, withShipment: true);
        return writer.ToString();
    }

    private static ScreeningResult Result(bool dismissed)
    {
        Hit hit = new()
        {
            RecordId = ByteString.CopyFrom(new byte[32]), Lane = Lane.Red, Score = 97,
            Summary = new Summary { EvidenceGrade = EvidenceGrade.SeizureConfirmed, Categories = { GoodsCategory.Footwear, GoodsCategory.LeatherGoods }, LastSeenDay = 19_900 },
            Reasons =
            {
                new Reason { Field = "consignor_email", IdentifierType = 1, Bits = 20, Text = "consignor_email met an e-mail address of the record; +20.0 bits" },
                new Reason { Field = "consignor_name", IdentifierType = 258, Bits = 14, Text = "consignor_name+street+postcode met a company's name with street number and postcode of the record; +14.3 bits" },
            },
        };
        if (dismissed)
        {
            hit.Dismissal = new Dismissal { Id = 1, By = "ann", Reason = "namesake", Day = 20_000 };
            hit.Reasons.Add(new Reason { Text = "Dismissed on 2024-10-04 by ann: namesake" });
        }

        return new ScreeningResult { ShipmentId = "DECLARATION-2026-000001", Decision = ScreeningDecision.Hit, Lane = Lane.Red, Hits = { hit } };
    }
}
