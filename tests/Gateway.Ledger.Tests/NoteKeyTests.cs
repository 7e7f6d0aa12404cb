namespace Gateway.Ledger.Tests;

public sealed class NoteKeyTests
{
    private const string Key = "AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";

    [Fact]
    public void A_verifier_key_is_read_and_written()
    {
        Assert.True(NoteKey.TryParse($"example.com/log/testdata+33d7b496+{Key}", out NoteKey? key, out _));
        Assert.Equal(("example.com/log/testdata", 0x33d7b496u, NoteKey.Ed25519, 32), (key.Name, key.Id, key.Algorithm, key.PublicKey.Length));
        Assert.Equal(key.Id, NoteKey.Hash(key.Name, NoteKey.Ed25519, key.PublicKey));
        Assert.NotEqual(key.Id, NoteKey.Hash(key.Name, NoteKey.CosignatureV1, key.PublicKey));
        Assert.Equal($"example.com/log/testdata+33d7b496+{Key}", key.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("example.com/log/testdata")]
    [InlineData("+33d7b496+" + Key)]
    [InlineData("example.com/log testdata+33d7b496+" + Key)]
    [InlineData("example.com/log/testdata+33d7b497+" + Key)]
    [InlineData("example.com/log/testdatA+33d7b496+" + Key)]
    [InlineData("example.com/log/testdata+33d7b49+" + Key)]
    [InlineData("example.com/log/testdata+033d7b496+" + Key)]
    [InlineData("example.com/log/testdata+ 3d7b496+" + Key)]
    [InlineData("example.com/log/testdata+33d7b496+" + Key + "\n")]
    [InlineData("example.com/log/testdata+33d7b496+AQ==")]
    [InlineData("example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkQ=")]
    [InlineData("example.com/log/testdata+33d7b496+")]
    public void A_damaged_one_is_refused(string text)
    {
        Assert.False(NoteKey.TryParse(text, out NoteKey? key, out string? error));
        Assert.Null(key);
        Assert.NotEmpty(error);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a+b")]
    [InlineData("a\u00A0b")]
    [InlineData("a\nb")]
    [InlineData("a\u0001b")]
    public void A_name_that_would_break_a_signature_line_is_refused(string name)
    {
        Assert.Throws<ArgumentException>(() => NoteKey.Hash(name, NoteKey.Ed25519, new byte[32]));
        Assert.Throws<ArgumentException>(() => new NoteSignature(name, 1, new byte[64]));
    }
}
