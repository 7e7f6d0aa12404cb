namespace Gateway.Cryptography.Tests;

public sealed class SecretsTests
{
    private static readonly byte[] _seed = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];

    [Fact]
    public void A_disposed_signing_key_is_zeroed_and_signs_no_more()
    {
        SigningKey key = SigningKey.FromSeed(_seed);
        Assert.Equal(_seed, key.Memory[..32].ToArray());
        key.Dispose();
        AssertZero(key.Memory);
        Assert.Throws<ObjectDisposedException>(() => key.Sign("message"u8));
    }

    [Fact]
    public void A_disposed_box_key_is_zeroed_and_opens_no_more()
    {
        BoxKey key = BoxKey.FromSeed(_seed);
        byte[] box = key.PublicKey.Seal("message"u8);
        Assert.Equal(_seed, key.Memory.ToArray());
        key.Dispose();
        AssertZero(key.Memory);
        Assert.Throws<ObjectDisposedException>(() => key.TryOpen(box, out _));
    }

    [Fact]
    public void A_disposed_evaluator_key_is_zeroed_and_evaluates_no_more()
    {
        VoprfKey key = VoprfKey.Derive(_seed, "key"u8);
        var server = new VoprfServer(key, RandomSource.System);
        RistrettoElement element = key.PublicKey;
        Assert.True(key.Memory.ContainsAnyExcept((byte)0));
        key.Dispose();
        AssertZero(key.Memory);
        Assert.Throws<ObjectDisposedException>(() => server.Evaluate([element]));
    }

    [Fact]
    public void A_disposed_blinded_input_forgets_input_and_blind()
    {
        BlindedInput blinded = new VoprfClient(RandomSource.System).Blind(_seed);
        Assert.Equal(_seed, blinded.Memory[32..].ToArray());
        blinded.Dispose();
        AssertZero(blinded.Memory);
        Assert.Throws<ObjectDisposedException>(() => VoprfClient.Finalise(blinded, blinded.Element));
    }

    [Fact]
    public void No_secret_appears_in_text()
    {
        using SigningKey signing = SigningKey.FromSeed(_seed);
        using BoxKey box = BoxKey.FromSeed(_seed);
        string secret = Convert.ToHexStringLower(_seed);
        Assert.DoesNotContain(secret, $"{signing} {box} {signing.PublicKey} {box.PublicKey}", StringComparison.OrdinalIgnoreCase);
        Assert.Equal(64, signing.PublicKey.ToString().Length);
        ArgumentException error = Assert.Throws<ArgumentException>(() => SigningKey.FromSeed(_seed.AsSpan(1)));
        Assert.Equal("seed32 must be 32 bytes; it has 31. (Parameter 'seed32')", error.Message);
    }

    private static void AssertZero(ReadOnlySpan<byte> memory) => Assert.False(memory.ContainsAnyExcept((byte)0));
}
