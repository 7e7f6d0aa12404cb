using System.Security.Cryptography;
using Gateway.Cryptography;

namespace Gateway.Broker.Hosting;

/// <summary>Seeds in files of the broker's folder.</summary>
internal static class BrokerKeys
{
    public static SigningKey ReadLogKey(BrokerFiles files) => Read(files.LogSeed, seed => SigningKey.FromSeed(seed));

    public static T Read<T>(string path, Func<byte[], T> use)
    {
        byte[] seed = File.ReadAllBytes(path);
        try
        {
            return seed.Length == 32 ? use(seed) : throw new BrokerOptionsException([$"{path} has {seed.Length} bytes where a seed has 32: restore it from a backup."]);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
    }
}
