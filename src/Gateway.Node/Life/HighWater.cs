using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Gateway.Node.Identity;
using Gateway.Protocol.Keys;

namespace Gateway.Node.Life;

/// <summary>
/// How far this node has come in the log, noted in a file beside its store and authenticated by the member's seed: a store that was put back from a backup is older than its own mark.
/// </summary>
public sealed class HighWater
{
    private const string Header = "gateway high-water 1";

    private readonly string _file;
    private readonly MemberKeys _keys;
    private readonly Lock _lock = new();

    private HighWater(string file, MemberKeys keys, ulong size, bool isKnown)
    {
        _file = file;
        _keys = keys;
        Size = size;
        IsKnown = isKnown;
    }

    /// <summary>Leaves of the log that the node has applied at some time; at least.</summary>
    public ulong Size { get; private set; }

    /// <summary>Whether there was a mark that this member's seed has authenticated. Without one nobody can tell how old the store is.</summary>
    public bool IsKnown { get; }

    /// <summary>Reads the mark.</summary>
    /// <param name="file">Path of the file; it need not exist.</param>
    /// <param name="keys">The member's keys. They stay the caller's.</param>
    public static HighWater Load(string file, MemberKeys keys)
    {
        if (!File.Exists(file)) return new HighWater(file, keys, 0, isKnown: false);
        string[] lines = File.ReadAllLines(file);
        bool holds = lines.Length >= 3 && lines[0] == Header && ulong.TryParse(lines[1], NumberStyles.None, CultureInfo.InvariantCulture, out _) && IsMac(lines[2], Mac(keys, lines[1]));
        return new HighWater(file, keys, holds ? ulong.Parse(lines[1], NumberStyles.None, CultureInfo.InvariantCulture) : 0, holds);
    }

    /// <summary>Raises the mark; a lower size leaves it.</summary>
    /// <exception cref="IOException">The file cannot be written; the old one stands.</exception>
    public void Raise(ulong size)
    {
        lock (_lock)
        {
            if (size <= Size) return;
            string number = size.ToString(CultureInfo.InvariantCulture);
            try
            {
                NodeDirectory.WriteSecret(_file, Encoding.ASCII.GetBytes($"{Header}\n{number}\n{Convert.ToHexStringLower(Mac(_keys, number))}\n"));
            }
            catch (UnauthorizedAccessException denied)
            {
                throw new IOException($"How far the node has come cannot be noted: {denied.Message}", denied);
            }

            Size = size;
        }
    }

    private static byte[] Mac(MemberKeys keys, string number) => HMACSHA256.HashData(keys.HighWaterKey, Encoding.ASCII.GetBytes($"{Header}\n{number}"));

    private static bool IsMac(string hex, byte[] mac) => CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(hex), Encoding.ASCII.GetBytes(Convert.ToHexStringLower(mac)));
}
