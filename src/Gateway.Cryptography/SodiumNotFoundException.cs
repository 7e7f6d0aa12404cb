namespace Gateway.Cryptography;

/// <summary>libsodium is not installed on this machine, or is not where the loader looks.</summary>
public sealed class SodiumNotFoundException : DllNotFoundException
{
    internal SodiumNotFoundException(IEnumerable<string> names)
        : base($"libsodium was not found (tried {string.Join(", ", names)}). On Debian or Ubuntu: apt-get install -y libsodium23")
    {
    }
}
