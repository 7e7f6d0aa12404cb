using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Gateway.Ledger.Tests;

public sealed class CheckpointTests
{
    private const string Root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";

    [Fact]
    public void It_is_three_lines()
    {
        Assert.True(Checkpoint.TryParse($"example.com/behind-the-sofa\n20852163\n{Root}\n", out Checkpoint? checkpoint, out _));
        Assert.Equal(
            new Checkpoint("example.com/behind-the-sofa", 20_852_163, TreeHash.FromBytes(Convert.FromBase64String(Root))), checkpoint);
    }

    [Fact]
    public void Any_size_and_root_are_read_back() =>
        Prop.ForAll(ArbMap.Default.ArbFor<ulong>(), ArbMap.Default.ArbFor<int>(), (size, seed) =>
        {
            var checkpoint = new Checkpoint("Réseau 1", size, Rfc6962.LeafHash(BitConverter.GetBytes(seed)));
            return Checkpoint.TryParse(checkpoint.ToText(), out Checkpoint? fromText, out _) && fromText == checkpoint &&
                Checkpoint.TryParse(Encoding.UTF8.GetBytes(checkpoint.ToText()), out Checkpoint? fromBytes, out _) && fromBytes == checkpoint;
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("", "three lines")]
    [InlineData("o\n1\n", "three lines")]
    [InlineData("o\n1\n" + Root, "three lines")]
    [InlineData("o\n1\n" + Root + "\nx", "three lines")]
    [InlineData("o\n1\n" + Root + "\nextension\n", "extension")]
    [InlineData("o\n1\n" + Root + "\n\n", "extension")]
    [InlineData("\n1\n" + Root + "\n", "origin")]
    [InlineData("o\t\n1\n" + Root + "\n", "origin")]
    [InlineData("o\n\n" + Root + "\n", "size")]
    [InlineData("o\n01\n" + Root + "\n", "size")]
    [InlineData("o\n+1\n" + Root + "\n", "size")]
    [InlineData("o\n-1\n" + Root + "\n", "size")]
    [InlineData("o\n 1\n" + Root + "\n", "size")]
    [InlineData("o\n1\r\n" + Root + "\n", "size")]
    [InlineData("o\n1e3\n" + Root + "\n", "size")]
    [InlineData("o\n18446744073709551616\n" + Root + "\n", "size")]
    [InlineData("o\n1\n\n", "root")]
    [InlineData("o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n", "root")]
    [InlineData("o\n1\n CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", "root")]
    [InlineData("o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxqw==\n", "root")]
    [InlineData("o\n1\nnot base64\n", "root")]
    public void Anything_else_is_refused_with_its_reason(string text, string reason)
    {
        Assert.False(Checkpoint.TryParse(text, out Checkpoint? checkpoint, out string? error));
        Assert.Null(checkpoint);
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_not_UTF8_are_refused() =>
        Assert.False(Checkpoint.TryParse([0xFF, .. Encoding.UTF8.GetBytes($"\n1\n{Root}\n")], out _, out _));

    [Fact]
    public void An_origin_that_could_not_be_read_back_cannot_be_made()
    {
        foreach (string origin in new[] { "", "two\nlines", "tab\t", "\uD800" })
        {
            Assert.Throws<ArgumentException>(() => new Checkpoint(origin, 1, default));
        }
    }
}
