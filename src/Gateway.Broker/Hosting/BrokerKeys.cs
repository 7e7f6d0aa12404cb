using System.Security.Cryptography;
using Gateway.Cryptography;
using Gateway.Storage.Secrets;

namespace Gateway.Broker.Hosting;

/// <summary>Seeds in files of the broker's folder.</summary>
internal static class BrokerKeys
{
    public static SigningKey ReadLogKey(BrokerFiles files, SecretFolder secrets) => Read(secrets, files.LogSeed, seed => SigningKey.FromSeed(seed));

    public static T Read<T>(SecretFolder secrets, string path, Func<byte[], T> use)
    {
        byte[] seed = secrets.Read(path) ?? throw new BrokerOptionsException([$"{path} does not exist: restore it from a backup."]);
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
