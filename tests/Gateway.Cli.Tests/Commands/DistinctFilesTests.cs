using Gateway.Cli.Commands;
using Gateway.Protocol.Errors;

namespace Gateway.Cli.Tests.Commands;

public sealed class DistinctFilesTests
{
    [Fact]
    public void A_result_is_never_written_over_the_input_not_even_by_a_link()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("gw-");
        try
        {
            string input = Path.Combine(folder.FullName, "manifest.csv"), link = Path.Combine(folder.FullName, "link.csv"), other = Path.Combine(folder.FullName, "hits.csv");
            File.WriteAllText(input, "shipment_id");
            File.CreateSymbolicLink(link, input);
            CommandFrame.RequireDistinct((input, "FILE"), (other, "--out"), (null, "--errors"));
            Assert.Equal("FILES_SAME", Assert.Throws<RefusalException>(() => CommandFrame.RequireDistinct((input, "FILE"), (input, "--out"))).Refusal.Code);
            Assert.Equal("FILES_SAME", Assert.Throws<RefusalException>(() => CommandFrame.RequireDistinct((input, "FILE"), (link, "--errors"))).Refusal.Code);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
