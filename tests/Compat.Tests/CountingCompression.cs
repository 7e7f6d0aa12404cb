using System.IO.Compression;
using Grpc.Net.Compression;

namespace Compat.Tests;

/// <summary>A compression provider that counts the messages it was used for.</summary>
internal sealed class CountingCompression(ICompressionProvider inner) : ICompressionProvider
{
    private int compressed;
    private int decompressed;

    public int Compressed => compressed;
    public int Decompressed => decompressed;
    public string EncodingName => inner.EncodingName;

    public Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel)
    {
        Interlocked.Increment(ref compressed);
        return inner.CreateCompressionStream(stream, compressionLevel);
    }

    public Stream CreateDecompressionStream(Stream stream)
    {
        Interlocked.Increment(ref decompressed);
        return inner.CreateDecompressionStream(stream);
    }
}
