using System.IO.Compression;
using Compat.Tests.Probing;
using Grpc.Core;
using Grpc.Net.Compression;

namespace Compat.Tests;

/// <summary>Messages compressed by the providers of Grpc.Net.Common, in both directions.</summary>
public sealed class CompressionTests
{
    /// <summary>The header by which a Grpc.Net.Client call asks for its own messages to be compressed.</summary>
    private const string RequestEncoding = "grpc-internal-encoding-request";

    private static ICompressionProvider Provider(string encoding) =>
        encoding == "gzip" ? new GzipCompressionProvider(CompressionLevel.Fastest) : new DeflateCompressionProvider(CompressionLevel.Fastest);

    [Theory, InlineData("gzip"), InlineData("deflate")]
    public async Task Request_and_reply_are_compressed_and_read_back(string encoding)
    {
        var atClient = new CountingCompression(Provider(encoding));
        var atServer = new CountingCompression(Provider(encoding));
        await using ProbeHost host = await ProbeHost.StartAsync(options =>
        {
            options.CompressionProviders = [atServer];
            options.ResponseCompressionAlgorithm = encoding;
        });
        var client = new Probe.ProbeClient(host.Connect(configure: options => options.CompressionProviders = [atClient]));
        string text = string.Concat(Enumerable.Repeat("again and ", 10_000));

        EchoReply reply = await client.EchoAsync(new EchoRequest { Text = text }, new Metadata { { RequestEncoding, encoding } });

        Assert.Equal(text, reply.Text);
        Assert.Equal((1, 1), (atClient.Compressed, atServer.Decompressed));
        Assert.Equal((1, 1), (atServer.Compressed, atClient.Decompressed));
    }

    [Fact]
    public async Task A_write_marked_NoCompress_goes_as_it_is()
    {
        var atClient = new CountingCompression(Provider("gzip"));
        await using ProbeHost host = await ProbeHost.StartAsync();
        var client = new Probe.ProbeClient(host.Connect(configure: options => options.CompressionProviders = [atClient]));
        using AsyncClientStreamingCall<Number, Number> call = client.Sum(new Metadata { { RequestEncoding, "gzip" } });
        await call.RequestStream.WriteAsync(new Number { Value = 1 });
        call.RequestStream.WriteOptions = new WriteOptions(WriteFlags.NoCompress);
        await call.RequestStream.WriteAsync(new Number { Value = 2 });
        await call.RequestStream.CompleteAsync();
        Assert.Equal(3, (await call).Value);
        Assert.Equal(1, atClient.Compressed);
    }

    [Theory, InlineData("gzip"), InlineData("deflate")]
    public void A_provider_leaves_the_stream_it_wrote_to_open_and_reads_its_own_writing(string encoding)
    {
        ICompressionProvider provider = Provider(encoding);
        byte[] message = [.. Enumerable.Range(0, 1000).Select(i => (byte)(i % 7))];
        using var wire = new MemoryStream();
        using (Stream compression = provider.CreateCompressionStream(wire, CompressionLevel.SmallestSize)) compression.Write(message);
        Assert.InRange(wire.Length, 1, message.Length - 1);
        wire.Position = 0;
        using Stream decompression = provider.CreateDecompressionStream(wire);
        using var read = new MemoryStream();
        decompression.CopyTo(read);
        Assert.Equal(message, read.ToArray());
    }
}
