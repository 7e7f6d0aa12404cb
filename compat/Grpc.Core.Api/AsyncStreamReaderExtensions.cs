namespace Grpc.Core;

/// <summary>Reading a stream without a cancellation token. Grpc.Net.Common has a class of the same name, for reading it whole.</summary>
public static class AsyncStreamReaderExtensions
{
    /// <summary>Reads the next message. False at the end of the stream.</summary>
    public static Task<bool> MoveNext<T>(this IAsyncStreamReader<T> streamReader) where T : class
    {
        ArgumentNullException.ThrowIfNull(streamReader);
        return streamReader.MoveNext(CancellationToken.None);
    }
}
