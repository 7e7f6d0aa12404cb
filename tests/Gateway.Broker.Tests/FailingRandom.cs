using System.Security.Cryptography;
using Gateway.Cryptography;

namespace Gateway.Broker.Tests;

/// <summary>The system's randomness, until it is told to fail as a cryptographic library does.</summary>
internal sealed class FailingRandom : RandomSource
{
    private volatile bool _fails;

    public bool Fails
    {
        get => _fails;
        set => _fails = value;
    }

    public override void Fill(Span<byte> destination)
    {
        if (_fails) throw new CryptographicException("Told to fail.");
        RandomNumberGenerator.Fill(destination);
    }
}
