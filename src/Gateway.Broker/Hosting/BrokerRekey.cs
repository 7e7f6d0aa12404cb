using Gateway.Cryptography;
using Gateway.Storage.Secrets;

namespace Gateway.Broker.Hosting;

/// <summary>Seals a broker's keys under another passphrase or secret.</summary>
public static class BrokerRekey
{
    /// <summary>Does it, while no broker runs in the folder. A stop in between leaves the keys to the old or to the new one.</summary>
    /// <param name="options">The broker, with what opens its keys now.</param>
    /// <param name="next">What opens them from now on.</param>
    /// <param name="random">The new key, salts, nonces.</param>
    /// <exception cref="Gateway.Protocol.Errors.RefusalException">The broker runs, the folder does not open, or the new passphrase is too short.</exception>
    public static void Run(BrokerOptions options, SealingSecret next, RandomSource random)
    {
        using BrokerLock held = BrokerLock.Take(options.Files);
        using SecretFolder secrets = options.OpenSecrets(random);
        secrets.Rekey(next, options.Files.Secrets);
    }
}
