namespace Gateway.Ledger;

/// <summary>Where an auditor finds a log's tiles: its public address, a mirror, a folder.</summary>
public interface ITileSource
{
    /// <summary>The bytes of a hash tile of exactly this width: width × 32.</summary>
    /// <exception cref="TileUnavailableException">The source does not have it, or cannot be reached.</exception>
    Task<byte[]> ReadTileAsync(TileId id, int width, CancellationToken cancellation);

    /// <summary>The bytes of an entry bundle of exactly this width.</summary>
    /// <exception cref="TileUnavailableException">The source does not have it, or cannot be reached.</exception>
    Task<byte[]> ReadBundleAsync(ulong index, int width, CancellationToken cancellation);
}

/// <summary>A tile, bundle or checkpoint cannot be had.</summary>
/// <param name="path">Its path below the log's address.</param>
/// <param name="why">Why, a part of a sentence.</param>
/// <param name="inner">What failed beneath.</param>
public sealed class TileUnavailableException(string path, string why, Exception? inner = null) : Exception($"{path} cannot be read: {why}.", inner)
{
    /// <summary>Its path below the log's address.</summary>
    public string Path { get; } = path;
}
