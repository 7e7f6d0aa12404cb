using System.Security.Cryptography;
using Gateway.Cryptography;

namespace Gateway.Broker.Tests;

/// <summary>Gives a chosen value first, then random bytes: a sealer that uses a rec_salt, and so a record key, again.</summary>
internal sealed class SaltFirst(byte[] salt) : RandomSource
{
    private bool _given;

    public override void Fill(Span<byte> destination)
    {
        if (_given) RandomNumberGenerator.Fill(destination);
        else salt.CopyTo(destination);
        _given = true;
    }
}
