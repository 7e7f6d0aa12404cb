using System.IO.Compression;

namespace Grpc.Net.Compression;

/// <summary>Compresses and decompresses messages in one encoding.</summary>
public interface ICompressionProvider
{
    /// <summary>The encoding's name in the grpc-encoding header.</summary>
    string EncodingName { get; }

    /// <summary>A stream that compresses what is written to it into another, which stays open.</summary>
    /// <param name="stream">Where the compressed bytes go.</param>
    /// <param name="compressionLevel">How hard to try; null for the provider's own level.</param>
    Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel);

    /// <summary>A stream that decompresses what it reads from another.</summary>
    Stream CreateDecompressionStream(Stream stream);
}
