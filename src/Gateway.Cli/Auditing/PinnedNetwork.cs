using System.CommandLine;
using Gateway.Cli.Commands;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;

namespace Gateway.Cli.Auditing;

/// <summary>The options that say which network an auditor means: its public file, or the Genesis hash alone.</summary>
internal sealed class PinnedNetwork(CommandFrame frame)
{
    /// <summary>`--network`.</summary>
    public Option<string?> Network { get; } = new("--network") { Description = "The network's public file, from `gateway network export`: pins Genesis and certificate authority.", HelpName = "FILE" };

    /// <summary>`--genesis`.</summary>
    public Option<string?> Genesis { get; } = new("--genesis") { Description = "SHA-256 of the Genesis entry, 64 hexadecimal digits, in place of the file.", HelpName = "HEX" };

    /// <summary>The Genesis hash that is pinned; null where none was given.</summary>
    public byte[]? GenesisHashOf(ParseResult parsed, NetworkFile? network)
    {
        string? hex = parsed.GetValue(Genesis) ?? network?.GenesisHash;
        if (hex is null) return null;
        return RecordId.TryParse(hex.ToLowerInvariant(), out _) ? Convert.FromHexString(hex) : throw new RefusalException(Refusal.Invalid("GENESIS_HASH_INVALID", "The Genesis hash is not 64 hexadecimal digits.", "--genesis", "Take it from the network's file."));
    }

    /// <summary>The network's file; null where none was given.</summary>
    public async Task<NetworkFile?> ReadAsync(ParseResult parsed, CancellationToken cancellation) =>
        parsed.GetValue(Network) is { } path ? NetworkFile.Parse(await File.ReadAllTextAsync(frame.PathOf(path), cancellation)) : null;
}
