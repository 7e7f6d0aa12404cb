using System.Buffers;
using System.Numerics;
using System.Security.Cryptography;

namespace Gateway.Matching.Identifiers;

/// <summary>Addresses of digital currencies. Base58 addresses keep their case, which carries information; hexadecimal and Bech32 ones are lower case.</summary>
internal static class DigitalCurrencyAddress
{
    private const string Base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    private const string HexDigits = "0123456789abcdefABCDEF";
    private const string Bech32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    private const uint Bech32Constant = 1, Bech32mConstant = 0x2BC830A3;

    private static readonly SearchValues<char> Base58Letters = SearchValues.Create(Base58);
    private static readonly SearchValues<char> HexLetters = SearchValues.Create(HexDigits);

    /// <summary>The short name of a currency that has a form of its own here, or null for any other service.</summary>
    internal static string? Canonical(string service) => service switch
    {
        "btc" or "xbt" or "bitcoin" => "btc",
        "eth" or "ethereum" or "bsc" or "bnb" or "etc" or "arb" or "matic" or "polygon" or "usdterc20" or "usdcerc20" => "eth",
        "trx" or "tron" or "usdttrc20" => "trx",
        "ltc" or "litecoin" => "ltc",
        "doge" or "dogecoin" => "doge",
        "xmr" or "monero" => "xmr",
        "sol" or "solana" => "sol",
        "xrp" or "ripple" => "xrp",
        _ => null,
    };

    /// <summary>"currency:address" for an address that says itself what it is, else null.</summary>
    internal static string? Recognise(string address)
    {
        foreach (string currency in (string[])["btc", "eth", "trx", "ltc"])
        {
            if (Normalise(currency, address) is { } normal)
            {
                return $"{currency}:{normal}";
            }
        }

        return null;
    }

    /// <summary>The address in its one form, or null if it is none.</summary>
    internal static string? Normalise(string currency, string address) => currency switch
    {
        "btc" => Segwit(address, "bc") ?? Checked(address, 0x00, 0x05),
        "ltc" => Segwit(address, "ltc") ?? Checked(address, 0x30, 0x32),
        "doge" => Checked(address, 0x1E, 0x16),
        "trx" => Checked(address, 0x41),
        "eth" => Hexadecimal(address),
        "sol" => PlainBase58(address, 32, 44),
        "xrp" => address.StartsWith('r') ? PlainBase58(address, 25, 35) : null,
        "xmr" => address.Length is 95 or 106 && (address[0] is '4' or '8') ? PlainBase58(address, 95, 106) : null,
        _ => null,
    };

    // The mixed case of EIP-55 is a check sum by Keccak-256 that wallets may leave out; equality does not depend on it.
    private static string? Hexadecimal(string address) =>
        address.Length == 42 && address.StartsWith("0x", StringComparison.OrdinalIgnoreCase) && !address.AsSpan(2).ContainsAnyExcept(HexLetters)
            ? address.ToLowerInvariant()
            : null;

    private static string? PlainBase58(string address, int shortest, int longest) =>
        address.Length >= shortest && address.Length <= longest && !address.AsSpan().ContainsAnyExcept(Base58Letters) ? address : null;

    private static string? Checked(string address, params ReadOnlySpan<byte> versions)
    {
        if (PlainBase58(address, 25, 36) is null)
        {
            return null;
        }

        BigInteger number = BigInteger.Zero;
        foreach (char c in address)
        {
            number = (number * 58) + Base58.IndexOf(c, StringComparison.Ordinal);
        }

        Span<byte> bytes = stackalloc byte[25];
        bytes.Clear();
        int count = number.GetByteCount(isUnsigned: true);
        int zeros = address.AsSpan().IndexOfAnyExcept('1');
        if (count > 25 || (zeros < 0 ? address.Length : zeros) + (number.IsZero ? 0 : count) != 25
            || !number.TryWriteBytes(bytes[(25 - count)..], out _, isUnsigned: true, isBigEndian: true) || !versions.Contains(bytes[0]))
        {
            return null;
        }

        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(bytes[..21], hash);
        SHA256.HashData(hash, hash);
        return hash[..4].SequenceEqual(bytes[21..]) ? address : null;
    }

    private static string? Segwit(string address, string prefix)
    {
        if (address.Length is < 14 or > 90 || (address.Any(char.IsAsciiLetterLower) && address.Any(char.IsAsciiLetterUpper)))
        {
            return null;
        }

        string text = address.ToLowerInvariant();
        if (!text.StartsWith(prefix + "1", StringComparison.Ordinal))
        {
            return null;
        }

        uint sum = 1;
        foreach (char c in prefix)
        {
            sum = Step(sum, (uint)c >> 5);
        }

        sum = Step(sum, 0);
        foreach (char c in prefix)
        {
            sum = Step(sum, (uint)c & 31);
        }

        foreach (char c in text.AsSpan(prefix.Length + 1))
        {
            int value = Bech32.IndexOf(c, StringComparison.Ordinal);
            if (value < 0)
            {
                return null;
            }

            sum = Step(sum, (uint)value);
        }

        // Witness version 0 is Bech32, later ones Bech32m (BIP 350).
        return sum == (text[prefix.Length + 1] == 'q' ? Bech32Constant : Bech32mConstant) ? text : null;
    }

    private static uint Step(uint sum, uint value)
    {
        ReadOnlySpan<uint> generator = [0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3];
        uint top = sum >> 25;
        sum = ((sum & 0x1FFFFFF) << 5) ^ value;
        for (int i = 0; i < 5; i++)
        {
            sum ^= ((top >> i) & 1) == 1 ? generator[i] : 0;
        }

        return sum;
    }
}
